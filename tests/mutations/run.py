"""Whether the tests catch deliberate faults: `python tests/mutations/run.py [NAME...]`.

The faults are those of `faults.py`, all of them without a name. Each is put into a copy of the working tree, never
into the tree itself, and only the tests that are named beside it run there. Exit code 1 where one was missed, could not
be put in, or where the named tests fail without any fault.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from shutil import copy2

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.mutations.faults import FAULTS, Fault  # noqa: E402

PASSED, FAILED = 0, 1  # what pytest exits with
LAST_LINES = 15


def copied(target: Path) -> None:
    """The files of the working tree that git knows or would take."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            copy2(ROOT / name, target / name)


def changed(tree: Path, fault: Fault) -> str:
    """The file with the fault in it; ValueError where its place is not there exactly once."""
    file = tree / fault.file
    content = file.read_text(encoding="utf-8") if file.exists() else ""
    found = content.count(fault.text)
    if found != 1:
        raise ValueError(f"{fault.file} must have this once, found {found} times; mend faults.py: {fault.text!r}")
    return content.replace(fault.text, fault.replacement)


def tested(tree: Path, tests: Iterable[str]) -> tuple[int, str]:
    """Exit code and output of pytest, which stops at the first failure."""
    # Bytecode is told by the second that its source was written in, which a fault may share with what it replaces.
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(words, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def caught(tree: Path, fault: Fault) -> bool:
    """Whether the tests fail with the fault; one line says so."""
    began = time.monotonic()
    file = tree / fault.file
    try:
        content, faulty = file.read_bytes(), changed(tree, fault)
    except (OSError, ValueError) as error:
        print(f"NO PLACE {fault.name}: {error}", flush=True)
        return False
    file.write_text(faulty, encoding="utf-8")
    try:
        code, output = tested(tree, fault.tests)
    finally:
        file.write_bytes(content)
    said = {FAILED: "caught", PASSED: "MISSED"}.get(code, "NO TEST")
    print(f"{said:8} {fault.name} ({time.monotonic() - began:.0f} s)", flush=True)
    if code not in (PASSED, FAILED):
        print("\n".join(output.splitlines()[-LAST_LINES:]), flush=True)
    return code == FAILED


def main(names: list[str]) -> int:
    known = {fault.name: fault for fault in FAULTS}
    if unknown := sorted(set(names) - set(known)):
        print(f"no such fault: {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    chosen = [known[name] for name in names] or list(FAULTS)
    with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
        tree = Path(folder)
        copied(tree)
        code, output = tested(tree, sorted({test for fault in chosen for test in fault.tests}))
        if code != PASSED:
            print("without a fault the tests must pass:\n" + "\n".join(output.splitlines()[-LAST_LINES:]))
            return 1
        found = [caught(tree, fault) for fault in chosen]
    print(f"{sum(found)} of {len(found)} faults were caught")
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
