"""How much faster a PyTorch file is once it went through `keras-gen bundle`.

    python benchmarks/foreign_onnx.py --torch PYTHON [--rounds N] [--files FOLDER]

PYTHON is that of an environment with PyTorch 2.13 and onnxscript. CycleGAN's network (64 filters, 9 blocks, not
trained) at 256x256, one picture: the file as PyTorch wrote it, given float32 pictures with channels first as it wants
them, against its bundle's network, given uint8 pictures, both in ONNX Runtime on the CPU and in turn. Each line is one
file: by exporter, with the axes of the example or free ones, for `--target any` and `--target cpu`. Mark: the bundle
takes at most 0.95 of the file's time. FOLDER keeps the files; where it has them, none are written.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import onnx
import onnxruntime
from timing import alternate

import export

WRITER = Path(__file__).parent / "peers" / "torch_files.py"
SIDE, FILTERS, OPSET = 256, 64, 18
TARGETS = ("any", "cpu")


def write(python: str | None, folder: Path) -> None:
    words = ["--networks", "cyclegan", "--filters", str(FILTERS), "--side", str(SIDE), "--opsets", str(OPSET)]
    command = [str(python), str(WRITER), str(folder), *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def opened(file: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--torch", help="a Python interpreter that has PyTorch and onnxscript")
    parser.add_argument("--files", type=Path, help="a folder for PyTorch's files, or with them")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    pixels = np.random.default_rng(0).integers(0, 256, (1, SIDE, SIDE, 3), np.uint8)
    floats = np.ascontiguousarray((pixels / np.float32(127.5) - np.float32(1)).transpose(0, 3, 1, 2), np.float32)
    print(f"onnxruntime {onnxruntime.__version__}, medians of {options.rounds} alternating rounds\n")
    print("| file | nodes | --target | nodes | the bundle, ms | the file, ms | the bundle takes |\n|" + "---|" * 7)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.files or Path(temporary) / "files"
        if not folder.exists():
            write(options.torch, folder)
        for file in sorted(folder.glob(f"cyclegan_{OPSET}_*.onnx")):
            before, nodes = opened(file), len(onnx.load(file).graph.node)
            for target in TARGETS:
                bundle = export.bundle_networks(
                    Path(temporary) / f"{file.stem}_{target}", translator=file, to="zebra", target=target
                )
                network = bundle / "a_to_b.onnx"
                after = opened(network)
                found = alternate(
                    lambda after=after: after.run(["translation"], {"image": pixels}),
                    lambda before=before: before.run(["output"], {"input": floats}),
                    options.rounds,
                )
                times = f"{1e3 * found.ours:.1f} | {1e3 * found.peer:.1f} | {1 / found.ratio:.3f}"
                smaller = len(onnx.load(network, load_external_data=False).graph.node)
                print(f"| {file.name} | {nodes} | {target} | {smaller} | {times} |", flush=True)


if __name__ == "__main__":
    main()
