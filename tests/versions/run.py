"""Runs the fast part of the tests in each Python that keras-gen is for and that this machine has.

    python tests/versions/run.py                            # 3.11 to 3.13, those that are there
    python tests/versions/run.py 3.13 --tests tests/losses  # one of them, other tests
    python tests/versions/run.py --python /opt/python/bin/python3

An environment of 2 GB for each stays in `build/pythons`, for the next call. The last lines say what came out; the exit
code is 1 where a test failed or an installation was impossible.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERSIONS = ("3.11", "3.12", "3.13")
FOLDER = ROOT / "build" / "pythons"
EXTRAS = "train,serve-cpu,test,hub"
PINNED = ROOT / "constraints.txt"
# Every room once: saved files of earlier versions, options, sources, layers, losses, networks, one model of each kind,
# export and bundles.
FAST = (
    "tests/formats",
    "tests/test_package.py",
    "tests/test_registry.py",
    "tests/cli/test_spelling.py",
    "tests/cli/test_completion.py",
    "tests/data",
    "tests/layers",
    "tests/losses",
    "tests/networks/test_build.py",
    "tests/training/test_spec.py",
    "tests/training/test_moves.py",
    "tests/models/test_vae.py",
    "tests/models/test_gan.py",
    "tests/export/test_bundle.py",
    "tests/serving/common",
    "tests/serving/bundle",
    "tests/serving/test_sampler.py",
)


def main() -> int:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("versions", nargs="*", metavar="VERSION", help="such as 3.12; 3.11 to 3.13 by default")
    parser.add_argument("--python", action="append", default=[], help="an interpreter, beside or instead of versions")
    parser.add_argument("--tests", nargs="+", default=list(FAST), help="files and folders; the fast part by default")
    options = parser.parse_args()
    wanted = options.versions or ([] if options.python else VERSIONS)
    found = {version: interpreter_of(version) for version in wanted}
    found |= {version_of(python): python for python in options.python}
    results = {version: tried(version, python, options.tests) for version, python in found.items()}
    print()
    for version, result in results.items():
        print(f"Python {version}: {result or 'passed'}")
    return 1 if any(result not in ("", MISSING) for result in results.values()) else 0


MISSING = "not on this machine"


def tried(version: str, python: str | None, tests: list[str]) -> str:
    """What went wrong with a version, or an empty text."""
    if python is None:
        return MISSING
    print(f"Python {version}: {python}", flush=True)
    try:
        environment = installed(version, python)
    except subprocess.CalledProcessError as error:
        return f"cannot be installed: {' '.join(error.cmd[1:])} ended with {error.returncode}"
    words = [environment, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    code = subprocess.run(words, cwd=ROOT, check=False).returncode
    return f"tests failed (exit code {code})" if code else ""


def installed(version: str, python: str) -> str:
    """The interpreter of an environment of a version, which is made or brought up to date where it is older."""
    folder = FOLDER / version
    own, stamp = str(folder / "bin" / "python"), folder / ".installed"
    sources = (ROOT / "setup.cfg", ROOT / "pyproject.toml", PINNED)
    if stamp.is_file() and all(file.stat().st_mtime <= stamp.stat().st_mtime for file in sources):
        return own
    subprocess.run([python, "-m", "venv", folder], check=True)
    install = [own, "-m", "pip", "install", "--quiet", "--constraint", str(PINNED)]
    subprocess.run([*install, "--upgrade", "pip", "setuptools"], check=True)
    subprocess.run([*install, "--no-compile", "--editable", f"{ROOT}[{EXTRAS}]"], check=True)
    stamp.touch()
    return own


def interpreter_of(version: str) -> str | None:
    """An interpreter of this version: on the path, or one of pyenv's."""
    for python in candidates(version):
        if version_of(python) == version:
            return python
    return None


def candidates(version: str) -> Iterator[str]:
    """Where one may be. A shim of pyenv is on the path even where it leads nowhere."""
    if on_path := shutil.which(f"python{version}"):
        yield on_path
    if pyenv := shutil.which("pyenv"):
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=True).stdout.strip()
        yield from map(str, sorted(Path(root).glob(f"versions/{version}.*/bin/python"), reverse=True))


def version_of(python: str) -> str:
    """`3.12` of an interpreter, or an empty text for what does not start."""
    program = "import sys; print('{}.{}'.format(*sys.version_info))"
    return subprocess.run([python, "-c", program], capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
