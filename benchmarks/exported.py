"""Exported networks in ONNX Runtime against PyTorch, its own ONNX export, and TensorFlow, in alternating rounds.

    python benchmarks/exported.py --torch PYTHON

The Python needs PyTorch and, for its exporter, onnxscript. Networks: CycleGAN's with 9 blocks at 256x256, one picture;
DCGAN's generator at 64x64, a batch of 64. None of them is trained; all have the same layers.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import onnx
import onnxruntime
import tensorflow as tf

import export
import keras_gen
import serving
from export.border import Bordered
from export.to_onnx import convert, without_unrounded

PEER = Path(__file__).parent / "peers" / "torch_generators.py"
BATCH = 64
OURS = "ours"
Run = Callable[[], Any]


class Torch:
    """The peer's process: a line in is one batch, a line out its end."""

    def __init__(self, python: str, *words: str) -> None:
        command = [python, str(PEER), *words]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1
        )
        while self._line() != "ready\n":
            """What the exporter says."""

    def __call__(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self._line()

    def _line(self) -> str:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the process with PyTorch has ended")
        return line


def session(model: Path | bytes, profile: bool = False) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.enable_profiling = profile
    options.profile_file_prefix = str(Path(tempfile.gettempdir()) / "profile")
    return onnxruntime.InferenceSession(
        model if isinstance(model, bytes) else str(model), options, providers=["CPUExecutionProvider"]
    )


def runs(model: Path | bytes, feed: dict[str, np.ndarray]) -> Run:
    opened = session(model)
    return lambda: opened.run(None, feed)


def compared(runs: dict[str, Run], rounds: int) -> None:
    """A table: medians, and how long ours takes by each of them, the median of the ratios within each round."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for index in range(rounds + 1):
        names = list(runs) if index % 2 else list(reversed(runs))
        for name in names:
            started = time.perf_counter()
            runs[name]()
            if index:
                seconds[name].append(time.perf_counter() - started)
    print("| | ms | ours takes |\n|---|---|---|")
    for name, taken in seconds.items():
        ratio = statistics.median(ours / theirs for ours, theirs in zip(seconds[OURS], taken, strict=True))
        print(f"| {name} | {1e3 * statistics.median(taken):,.1f} | {ratio:.3f} |", flush=True)


def share_of_convolutions(model: bytes, feed: dict[str, np.ndarray], rounds: int) -> float:
    """How much of the time in the graph's nodes is spent in convolutions."""
    profiled = session(model, profile=True)
    for _ in range(rounds):
        profiled.run(None, feed)
    place = Path(profiled.end_profiling())
    events = [event for event in json.loads(place.read_text()) if event["name"].endswith("_kernel_time")]
    place.unlink()
    of_convolutions = sum(event["dur"] for event in events if "Conv" in event["args"]["op_name"])
    return of_convolutions / sum(event["dur"] for event in events)


def cyclegan(python: str | None, rounds: int) -> None:
    print("\nCycleGAN's network, 9 blocks, 256x256, one picture\n")
    model = keras_gen.CycleGAN((256, 256, 3), generator={"name": "resnet", "filters": 64, "blocks": 9})
    network = model.inference_networks()["a_to_b"]
    feed = {"image": np.random.default_rng(0).integers(0, 256, (1, 256, 256, 3), np.uint8)}
    floats = {"image": np.random.default_rng(0).uniform(-1, 1, (1, 3, 256, 256)).astype(np.float32)}
    graphs = {
        target: without_unrounded(convert(Bordered(network, "uint8"), even=True, target=target)).SerializeToString()
        for target in ("any", "cpu")
    }
    with tempfile.TemporaryDirectory() as folder:
        peers: dict[str, Run] = {OURS: runs(graphs["any"], feed), "ours, --target cpu": runs(graphs["cpu"], feed)}
        if python:
            exported = Path(folder) / "torch.onnx"
            eager = Torch(python, "cyclegan", str(exported))
            peers |= {"PyTorch's ONNX export": runs(exported, floats), "PyTorch": eager}
        compared(peers, rounds)
    share = share_of_convolutions(graphs["any"], feed, rounds)
    print(f"\nof which convolutions: {share:.2f}; nodes: {len(onnx.load_from_string(graphs['any']).graph.node)}")


def dcgan(python: str | None, rounds: int) -> None:
    print(f"\nDCGAN's generator, 64x64, a batch of {BATCH}\n")
    model = keras_gen.GAN((64, 64, 3), latent_dim=100, generator={"name": "dcgan", "filters": 64})
    with tempfile.TemporaryDirectory() as folder:
        bundle = export.export_bundle(model, Path(folder) / "bundle", "float")
        feed = {"latent": np.random.default_rng(0).normal(size=(BATCH, 100)).astype(np.float32)}
        saved = tf.saved_model.load(str(bundle / "saved_model" / "decoder")).signatures["serving_default"]
        given = tf.constant(feed["latent"])
        sampler = serving.load(bundle, provider="cpu")
        peers: dict[str, Run] = {
            OURS: runs(bundle / "decoder.onnx", feed),
            "Sampler.sample, noise included": lambda: sampler.sample(BATCH),
            "TensorFlow": lambda: saved(latent=given)["image"].numpy(),
        }
        if python:
            peers["PyTorch"] = Torch(python, "dcgan")
        compared(peers, rounds)


NETWORKS = {"cyclegan": cyclegan, "dcgan": dcgan}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--torch", help="a Python interpreter that has PyTorch; without it that peer is left out")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print(f"medians of {options.rounds} alternating rounds")
    for name in options.networks:
        NETWORKS[name](options.torch, options.rounds)


if __name__ == "__main__":
    main()
