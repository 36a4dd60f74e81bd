"""The npm package in a page of a headless Chromium."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from serving.bundle.references import is_folder
from tests.serving.languages import javascript

ISOLATING = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
NAMES = ("chromium", "chromium-browser", "google-chrome")
PAGE = """<!doctype html>
<script type="importmap">
  {"imports": {
    "keras-gen": "/node_modules/keras-gen/dist/web.js",
    "onnxruntime-web/wasm": "/node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
    "onnxruntime-web/webgpu": "/node_modules/onnxruntime-web/dist/ort.webgpu.bundle.min.mjs"
  }}
</script>
<script type="module">
  import { work } from "/worker.mjs";
  await work(location.origin);
</script>
"""


def missing() -> str | None:
    """What is missing, or None."""
    if browser() is None:
        return "chromium is not installed"
    return javascript.missing("node", "npm")


class Language(javascript.Programs):
    """A headless Chromium whose page samples and translates.

    Args:
        app: the folder whose `node_modules` has the package.
        isolated: whether the page is cross-origin isolated, and so may have threads.
    """

    def __init__(self, app: Path, isolated: bool = False) -> None:
        (app / "worker.html").write_text(PAGE)
        self.server = javascript.Server({"/": app}, ISOLATING if isolated else {})
        # Where the browser was killed, files may still come and go while the folder is removed.
        self.profile = tempfile.TemporaryDirectory(prefix="chromium", ignore_cleanup_errors=True)
        self.log = (Path(self.profile.name) / "log.txt").open("w+")
        self.process = subprocess.Popen(
            [*_command(), f"--user-data-dir={self.profile.name}/profile", f"{self.server.address}/worker.html"],
            stdout=self.log,
            stderr=self.log,
            env={**os.environ, "HOME": self.profile.name},
            start_new_session=True,
        )

    def run(self, code: str, images: np.ndarray | None = None, **values: object) -> Any:
        """What a program returns; `Server.run` says more."""
        return self.server.run(code, images, self._alive, **values)

    def place(self, bundle: Path | str) -> str:
        """A folder is named by the address that it is served at."""
        if not is_folder(bundle):
            return str(bundle)
        address = f"/bundles/{len(self.server.places)}/"
        self.server.places[address] = bundle
        return self.server.address + address

    def close(self) -> None:
        self.server.end()
        # The browser's processes are a group of their own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.log.close()
            self.server.close()
            self.profile.cleanup()

    def _alive(self) -> None:
        if self.process.poll() is not None:
            self.log.seek(0)
            raise AssertionError(f"chromium ended. It printed: {self.log.read()[-2000:]}")


def browser() -> str | None:
    """The program, where it is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def _command() -> list[str]:
    program = browser()
    assert program is not None
    # Chromium's own sandbox cannot be had as root, nor in most containers; only pages of these tests are opened.
    quiet = (
        "--no-first-run",
        "--disable-breakpad",
        "--disable-crash-reporter",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    )
    return [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *quiet]
