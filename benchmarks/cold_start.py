"""From an empty process to a file of 64 pictures, and to an imported `serving`; seconds of the whole process."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import export
import keras_gen

ROUNDS = 9


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    keras_gen_command = str(Path(sys.executable).parent / "keras-gen")
    with tempfile.TemporaryDirectory() as folder:
        model = keras_gen.GAN((32, 32, 1), 64, generator={"name": "dcgan", "filters": 32})
        bundle = export.export_bundle(model, Path(folder) / "bundle")
        rows = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "import serving": [sys.executable, "-c", "import serving"],
            "import onnxruntime": [sys.executable, "-c", "import onnxruntime"],
            "keras-gen sample -n 64": [
                *(keras_gen_command, "sample", str(bundle), "-n", "64", "--out", f"{folder}/samples.png"),
            ],
        }
        print(f"GAN 32x32, medians of {ROUNDS} rounds\n\n| process | seconds | slowest |\n|---|---|---|")
        times: dict[str, list[float]] = {name: [] for name in rows}
        for _ in range(ROUNDS):
            for name, command in rows.items():
                times[name].append(seconds(command))
        for name, measured in times.items():
            print(f"| {name} | {statistics.median(measured):.2f} | {max(measured):.2f} |")


if __name__ == "__main__":
    main()
