"""ONNX Runtime's OpenVINO provider, in float32 and bfloat16, against its CPU provider.

    python benchmarks/openvino_provider.py [--python PYTHON] [--translating BUNDLE] [--sampling BUNDLE] [--pictures DIR]

PYTHON is that of an environment with `keras-gen[serve-openvino]`; without it, one is made in a temporary folder. Two
networks: CycleGAN's generator (9 blocks, 256x256, batch 1) and DCGAN's (64x64, batch 64), as they are before training
where no bundles are given. DIR holds photographs to translate, noise without gaps where it is left out. All three
sides run in the package that has OpenVINO, one run of each in turn, the order changing every round. Opening counts the
first run too.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# The environment with OpenVINO needs no keras-gen.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

PACKAGES = ["onnxruntime-openvino==1.24.1", "numpy", "pillow", "tqdm"]
SIDES = {"cpu": ("cpu", "float32"), "openvino": ("openvino", "float32"), "bfloat16": ("openvino", "bfloat16")}
ROUNDS, COUNT = 15, 8


def environment(place: Path) -> Path:
    """Python of a new environment with OpenVINO."""
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    python = place / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def untrained(name: str, place: Path) -> Path:
    """A bundle of a model as it is before training."""
    import keras

    import export
    import keras_gen

    keras.utils.set_random_seed(0)
    if name == "sampling":
        return export.export_bundle(keras_gen.GAN((64, 64, 3), 100, generator="dcgan"), place)
    # Its networks take pictures of any size; comparing them with Keras takes less memory in small ones.
    model = keras_gen.CycleGAN((64, 64, 3), generator={"name": "resnet", "blocks": 9})
    return export.export_bundle(model, place)


def pictures_of(folder: Path | None) -> np.ndarray:
    """Pictures of 256x256."""
    from serving.common.images import picture_files, read_image

    if folder is not None:
        return np.stack([read_image(file, (256, 256), 3) for file in picture_files(folder)[:COUNT]])
    coarse = np.random.default_rng(0).integers(0, 256, (COUNT, 9, 9, 3))
    at = np.linspace(0, 8, 256)
    low, share = np.minimum(at.astype(int), 7), at - np.minimum(at.astype(int), 7)
    rows = coarse[:, low] * (1 - share)[:, None, None] + coarse[:, low + 1] * share[:, None, None]
    columns = rows[:, :, low] * (1 - share)[:, None] + rows[:, :, low + 1] * share[:, None]
    return columns.astype(np.uint8)


def measure(translating: Path, sampling: Path, pictures: Path | None) -> None:
    """Prints both tables; runs where OpenVINO is installed."""
    import onnxruntime

    import serving
    from serving.bundle.names import DECODER, IMAGE, LATENT, TRANSLATION

    latents = serving.load(sampling, "cpu").latents(64, seed=0)
    feeds = {
        "CycleGAN's generator, 256x256, batch 1": (translating, "a_to_b", IMAGE, pictures_of(pictures), 1, TRANSLATION),
        "DCGAN's generator, 64x64, batch 64": (sampling, DECODER, LATENT, latents, 64, IMAGE),
    }
    print(
        f"onnxruntime {onnxruntime.__version__}, {processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    print("\n| network | provider | opened in, s | median, ms | ratio to cpu | largest | mean | PSNR, dB |")
    print("|---|---|---|---|---|---|---|---|")
    for name, feed in feeds.items():
        compare(name, *feed)


def compare(name: str, bundle: Path, network: str, given: str, values: np.ndarray, batch: int, made: str) -> None:
    """Prints a line for each side.

    Args:
        name: for the table.
        bundle: of the network.
        network: its name there.
        given: its input.
        values: to give to it.
        batch: how many at a time.
        made: its output, pictures.
    """
    import serving

    def run(side: str, start: int = 0) -> np.ndarray:
        return runners[side].run({given: values[start : start + batch]}, made)

    opened, runners, found = {}, {}, {}
    for side, (provider, precision) in SIDES.items():
        started = time.perf_counter()
        runners[side] = serving.load(bundle, provider, precision=precision).sessions.of(network)
        run(side)
        opened[side] = time.perf_counter() - started
        found[side] = np.concatenate([run(side, start) for start in range(0, len(values), batch)]).astype(int)
    times = in_turn(run)
    for side, (provider, precision) in SIDES.items():
        ratio = statistics.median(own / cpu for own, cpu in zip(times[side], times["cpu"], strict=True))
        apart = np.abs(found[side] - found["cpu"])
        error = (apart.astype(float) ** 2).reshape(len(apart), -1).mean(1).max()
        quality = f"{10 * np.log10(255**2 / error):.1f}" if error else "equal"
        print(
            f"| {name} | {provider}, {precision} | {opened[side]:.2f} | {1000 * statistics.median(times[side]):.1f} "
            f"| {ratio:.2f} | {apart.max()} | {apart.mean():.2f} | {quality} |",
            flush=True,
        )


def in_turn(run: Callable[[str], object]) -> dict[str, list[float]]:
    """Seconds of every run of each side."""
    times: dict[str, list[float]] = {side: [] for side in SIDES}
    for index in range(ROUNDS):
        sides = list(SIDES)
        for side in sides[index % len(sides) :] + sides[: index % len(sides)]:
            started = time.perf_counter()
            run(side)
            times[side].append(time.perf_counter() - started)
    return times


def processor() -> str:
    """Its name, and what it has for bfloat16."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    known = {line.partition(":")[0].strip(): line.partition(":")[2].strip() for line in lines}
    extensions = [name for name in ("avx512_bf16", "amx_bf16") if name in known.get("flags", "").split()]
    return f"{known.get('model name')} ({', '.join(extensions) or 'no bfloat16'})"


def main() -> None:
    parser = argparse.ArgumentParser()
    for option in ("--python", "--translating", "--sampling", "--pictures"):
        parser.add_argument(option, type=Path)
    parser.add_argument("--here", action="store_true", help="measure in this environment")
    options = parser.parse_args()
    if options.here:
        measure(options.translating, options.sampling, options.pictures)
        return
    with tempfile.TemporaryDirectory() as folder:
        python = options.python or environment(Path(folder) / "environment")
        words = ["--here"]
        for name in ("translating", "sampling"):
            words += [f"--{name}", getattr(options, name) or untrained(name, Path(folder) / name)]
        words += ["--pictures", options.pictures] if options.pictures else []
        subprocess.run([python, __file__, *words], check=True)


if __name__ == "__main__":
    main()
