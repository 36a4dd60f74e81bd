"""Bundles of every kind on the providers of a GPU: whether they make the CPU's pictures, and how fast, beside PyTorch.

    python benchmarks/gpu.py --make BUNDLES                                  where keras-gen is installed
    python benchmarks/gpu.py BUNDLES [--minutes 8] [--torch PYTHON] [--half]  on the machine with the GPU

The second needs numpy, pillow, tqdm, ONNX Runtime's CUDA build and PyTorch, whose Python may be that of another
environment, and no TensorFlow. Parts, each a process that ends in its share of the minutes:

- what bundles make on CUDA and TensorRT, where they are present, against the CPU: at most one grey level apart, and
  other outputs by a thousandth of their largest value; bundles in 16 bits (`NAME_fp16`) against `NAME`, by PSNR;
- the same without TF32, in which graphics cards by themselves multiply numbers of 32 bits with 10 bits of fraction;
- DCGAN's generator, 64x64, a batch of 64, and CycleGAN's, 9 blocks, 256x256, one picture, in turn with PyTorch: eager,
  channels last, compiled, with 16 bits, CUDA graphs on and off. Inputs and outputs stay on the device, except in the
  whole call. Ours give uint8 pictures, PyTorch's numbers. `--half` lets TensorRT compute in 16 bits too.

"Ours takes" is the time of our fastest row of as many bits, relative to that row, the median of the ratios within each
round. Without a GPU the same runs on the CPU. The exit code is 1 if pictures differ by more than they may.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

# The environment of a GPU needs no keras-gen.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from on_gpu.budget import Clock, Part, run_parts, run_process

PARITY, EXACT, SAMPLING, TRANSLATION = "parity", "parity without TF32", "sampling", "translation"


def device() -> str:
    """The card and its driver, or the processor where there is none."""
    program = shutil.which("nvidia-smi")
    if program is not None:
        asked = [program, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip():
            return answer.stdout.strip().replace("\n", "; ")
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return f"no GPU; {model or platform.processor()}, {os.cpu_count()} cores"


def parts(bundles: Path, torch: str, half: bool, on_gpu: bool) -> list[Part]:
    """What is run, one after the other."""
    words = [sys.executable, __file__, str(bundles), "--torch", torch, *(["--half"] if half else []), "--part"]
    found = [Part(PARITY, 0.3, [*words, PARITY])]
    if on_gpu:
        found.append(Part(EXACT, 0.15, [*words, EXACT], {"NVIDIA_TF32_OVERRIDE": "0"}))
    return [*found, Part(SAMPLING, 0.2, [*words, SAMPLING]), Part(TRANSLATION, 0.35, [*words, TRANSLATION])]


def run_part(name: str, bundles: Path, torch: str, half: bool, seconds: float) -> int:
    """Prints the table of one part; 1 if pictures differ by more than they may."""
    from on_gpu import parity, timing

    if name in (PARITY, EXACT):
        print(f"\n{name}\n", flush=True)
        return int(parity.measure(bundles, seconds) > 0)
    timing.measure(name, bundles, torch, half, seconds)
    return 0


def run_all(bundles: Path, torch: str, half: bool, minutes: float) -> int:
    """Prints all tables; 1 if a part did not end well."""
    import onnxruntime
    from on_gpu.parity import providers

    clock = Clock(60 * minutes)
    present = providers()
    print(f"{device()}; onnxruntime {onnxruntime.__version__} with {', '.join(present)}", flush=True)
    said = run_parts(parts(bundles, torch, half, len(present) > 1), clock, run_process)
    print("\n" + "\n".join(said) if said else "\nall parts ended in their time")
    print(f"{60 * minutes - clock.left():.0f} of {60 * minutes:.0f} s", flush=True)
    return int(bool(said))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", type=Path)
    parser.add_argument("--make", action="store_true", help="write the bundles, with keras-gen and TensorFlow")
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--torch", default=sys.executable, help="a Python interpreter that has PyTorch")
    parser.add_argument("--half", action="store_true", help="let TensorRT compute in 16 bits too")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        from on_gpu.making import make

        make(options.bundles)
        return 0
    if not list(options.bundles.glob("*/manifest.json")):
        parser.error(f"{options.bundles} must hold bundles; --make writes them.")
    if options.part:
        return run_part(options.part, options.bundles, options.torch, options.half, options.seconds)
    return run_all(options.bundles, options.torch, options.half, options.minutes)


if __name__ == "__main__":
    sys.exit(main())
