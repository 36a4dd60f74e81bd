"""The npm package in Node."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.serving.languages import javascript


def missing() -> str | None:
    """What is missing, or None."""
    return javascript.missing("node", "npm")


class Language(javascript.Programs):
    """A Node process that samples and translates.

    Args:
        app: the folder whose `node_modules` has the package.
    """

    def __init__(self, app: Path) -> None:
        self.app = app
        self.server = javascript.Server({})
        self.process = subprocess.Popen(
            ["node", "worker.mjs", self.server.address],
            cwd=self.app,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, code: str, images: np.ndarray | None = None, **values: object) -> Any:
        """What a program returns; `Server.run` says more."""
        return self.server.run(code, images, self._alive, **values)

    def refusals(self, bundles: Sequence[Path], files: bool) -> list[str]:
        """What each bundle is refused with, empty for one that is not: its manifest, or its other files too."""
        code = """
            const [{ readManifest }, { FolderReader }] = [await inside("bundle"), await inside("folder")];
            const read = async (place) => {
              if (!files) return readManifest(new FolderReader(place));
              const bundle = await Bundle.open(place);
              for (const name of bundle.manifest.networks.keys()) await bundle.model(name);
            };
            const said = [];
            for (const place of places) {
              said.push(await read(place).then(() => "", (error) => {
                if (error instanceof InputError) return error.message;
                throw error;
              }));
            }
            return said;
        """
        return self.run(code, places=[str(bundle) for bundle in bundles], files=files)

    def place(self, bundle: Path | str) -> str:
        """A folder is named by its path."""
        return str(bundle)

    def close(self) -> None:
        self.server.end()
        try:
            self.process.communicate(timeout=30)
        finally:
            self.process.kill()
            self.server.close()

    def _alive(self) -> None:
        if self.process.poll() is not None:
            raise AssertionError(f"node ended. It printed: {self.process.communicate()[1]}")
