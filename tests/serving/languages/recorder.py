"""What a program and the libraries in it do beside their work: sockets they open, files they write at home."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("recorder.c")
# ONNX Runtime is silent where it finds these.
OF_SERVERS = ("CI", "TF_BUILD", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TRAVIS", "CIRCLECI", "BUILD_BUILDID")


@dataclass(frozen=True)
class Recorded:
    """What was seen.

    Attributes:
        sockets: how many internet sockets were opened.
        told: what ORT_DISABLE_TELEMETRY was, each time that ONNX Runtime was asked for its functions.
        files: written at home, with their folders.
    """

    sockets: int
    told: tuple[str, ...]
    files: tuple[str, ...]


def missing() -> str | None:
    """What is missing, or None."""
    if not sys.platform.startswith("linux"):
        return "libraries are recorded on Linux alone"
    return None if shutil.which("cc") else "cc is not installed"


def recorded(folder: Path, command: Sequence[object], cwd: Path | None = None, **variables: str) -> Recorded:
    """Runs a program, which must succeed, as if by someone who has never run ONNX Runtime.

    Args:
        folder: an empty one.
        command: the program and its arguments.
        cwd: the folder to run it in.
        **variables: of its environment, beside those of this process other than ORT_DISABLE_TELEMETRY.
    """
    home, library, record = folder / "home", folder / "recorder.so", folder / "record"
    home.mkdir(parents=True)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"], check=True)
    left_out = {*OF_SERVERS, "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"}
    inherited = {name: value for name, value in os.environ.items() if name not in left_out}
    own = {"HOME": str(home), "LD_PRELOAD": str(library), "RECORD": str(record)}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**inherited, **own, **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = record.read_text().splitlines() if record.exists() else []
    told = tuple(line.removeprefix("telemetry ") for line in lines if line.startswith("telemetry"))
    files = tuple(sorted(str(path.relative_to(home)) for path in home.rglob("*")))
    return Recorded(lines.count("socket opened"), told, files)
