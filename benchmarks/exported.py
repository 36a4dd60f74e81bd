"""Exported networks against PyTorch in all of its ways, its own ONNX export, and TensorFlow, in alternating rounds.

    python benchmarks/exported.py --torch PYTHON [--openvino PYTHON] [--newer PYTHON] [--networks dcgan]

Networks: CycleGAN's with 9 blocks at 256x256, one image; DCGAN's generator at 64x64, a batch of 64. None of them is
trained; all have the same layers. `--torch` needs PyTorch and, for its exporter, onnxscript; `--openvino` is a Python
with onnxruntime-openvino, `--newer` one with another release of onnxruntime. Every side runs in a process of its own,
and its second run in a row counts, so that the caches are its own. The peer is the fastest PyTorch of a precision.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
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
from peer_process import PRECISIONS, Peer, torch_ways

import export
import keras_gen
import serving
from export.border import Bordered
from export.to_onnx import convert, without_unrounded

BATCH = 64
OURS = "ours"
BFLOAT16 = 'load_config={"CPU":{"INFERENCE_PRECISION_HINT":"bf16"}}'
OPENVINO = {"": [], ", bfloat16": [BFLOAT16]}
Run = Callable[[], Any]
Feed = dict[str, np.ndarray]


class Sides:
    """What takes turns, for one network.

    Args:
        options: of the command line.
        folder: for files that sides read.
        feed: a batch for the exported networks.
    """

    def __init__(self, options: argparse.Namespace, folder: Path, feed: Feed) -> None:
        self.options, self.folder, self.feed = options, folder, feed
        self.runs: dict[str, Run] = {}

    def add_session(self, name: str, model: bytes, feed: Feed | None = None) -> None:
        """ONNX Runtime of this Python, and the other builds of it that are at hand."""
        file, batch = self.folder / f"{name}.onnx", self.folder / f"{name}.npz"
        file.write_bytes(model)
        np.savez(batch, **(self.feed if feed is None else feed))
        words = ["onnx_session.py", str(file), str(batch)]
        self.runs[name] = Peer(sys.executable, words)
        if feed is not None:
            return
        if self.options.newer:
            self.runs[f"{name}, newer ONNX Runtime"] = Peer(self.options.newer, words)
        for suffix, settings in OPENVINO.items() if self.options.openvino else ():
            provider = ["OpenVINOExecutionProvider", "device_type=CPU", *settings]
            self.runs[f"{name}, OpenVINO{suffix}"] = Peer(self.options.openvino, [*words, *provider])

    def add_torch(self, *words: str) -> None:
        for way in torch_ways() if self.options.torch else ():
            self.runs[f"PyTorch, {way}"] = Peer(self.options.torch, ["torch_inference.py", *words], way)

    def compare(self) -> None:
        """A table: medians, and how long ours takes by each of them, the median of the ratios within each round."""
        seconds: dict[str, list[float]] = {name: [] for name in self.runs}
        for index in range(self.options.rounds + 1):
            names = list(self.runs) if index % 2 else list(reversed(self.runs))
            for name in names:
                self.runs[name]()
                started = time.perf_counter()
                self.runs[name]()
                if index:
                    seconds[name].append(time.perf_counter() - started)
        medians = {name: statistics.median(taken) for name, taken in seconds.items()}
        fastest = {self._fastest(medians, precision) for precision in PRECISIONS}
        print("| | ms | time of ours, relative to it |\n|---|---|---|")
        for name, taken in seconds.items():
            ratio = statistics.median(ours / theirs for ours, theirs in zip(seconds[OURS], taken, strict=True))
            shown = f"**{ratio:.3f}**" if name in fastest else f"{ratio:.3f}"
            print(f"| {name} | {1e3 * medians[name]:,.1f} | {shown} |", flush=True)
        for run in self.runs.values():
            if isinstance(run, Peer):
                run.close()

    @staticmethod
    def _fastest(medians: dict[str, float], precision: str) -> str | None:
        names = [f"PyTorch, {way}" for way in torch_ways([precision])]
        return min((name for name in names if name in medians), key=medians.__getitem__, default=None)


def share_of_convolutions(model: bytes, feed: Feed, rounds: int) -> float:
    """How much of the time in the graph's nodes is spent in convolutions."""
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 3
    settings.enable_profiling = True
    settings.profile_file_prefix = str(Path(tempfile.gettempdir()) / "profile")
    profiled = onnxruntime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
    for _ in range(rounds):
        profiled.run(None, feed)
    place = Path(profiled.end_profiling())
    events = [event for event in json.loads(place.read_text()) if event["name"].endswith("_kernel_time")]
    place.unlink()
    of_convolutions = sum(event["dur"] for event in events if "Conv" in event["args"]["op_name"])
    return of_convolutions / sum(event["dur"] for event in events)


def cyclegan(options: argparse.Namespace, folder: Path) -> None:
    print("\nCycleGAN's network, 9 blocks, 256x256, one image\n")
    model = keras_gen.CycleGAN((256, 256, 3), generator={"name": "resnet", "filters": 64, "blocks": 9})
    network = model.inference_networks()["a_to_b"]
    generator = np.random.default_rng(0)
    sides = Sides(options, folder, {"image": generator.integers(0, 256, (1, 256, 256, 3), np.uint8)})
    graphs = {
        target: without_unrounded(convert(Bordered(network, "uint8"), even=True, target=target)).SerializeToString()
        for target in ("any", "cpu")
    }
    sides.add_session(OURS, graphs["any"])
    sides.add_session("ours, --target cpu", graphs["cpu"])
    sides.add_torch("cyclegan", "1", "256")
    if options.torch:
        file = folder / "torch.onnx"
        exporter = Peer(options.torch, ["torch_inference.py", "cyclegan", "1", "256", str(file)], "eager")
        exporter()
        exporter.close()
        floats = {"image": generator.uniform(-1, 1, (1, 3, 256, 256)).astype(np.float32)}
        sides.add_session("PyTorch's ONNX export in ONNX Runtime", file.read_bytes(), floats)
    sides.compare()
    for target, graph in graphs.items():
        share = share_of_convolutions(graph, sides.feed, options.rounds)
        nodes = len(onnx.load_from_string(graph).graph.node)
        print(f"\n--target {target}: convolutions take {share:.2f} of the time in nodes, of which there are {nodes}")


def dcgan(options: argparse.Namespace, folder: Path) -> None:
    print(f"\nDCGAN's generator, 64x64, a batch of {BATCH}\n")
    model = keras_gen.GAN((64, 64, 3), latent_dim=100, generator={"name": "dcgan", "filters": 64})
    bundle = export.export_bundle(model, folder / "bundle", "float")
    sides = Sides(options, folder, {"latent": np.random.default_rng(0).normal(size=(BATCH, 100)).astype(np.float32)})
    sides.add_session(OURS, onnx.load(bundle / "decoder.onnx").SerializeToString())
    saved = tf.saved_model.load(str(bundle / "saved_model" / "decoder")).signatures["serving_default"]
    given = tf.constant(sides.feed["latent"])
    sampler = serving.load(bundle, provider="cpu")
    sides.runs["Sampler.sample, noise included"] = lambda: sampler.sample(BATCH)
    sides.runs["TensorFlow, the SavedModel"] = lambda: saved(latent=given)["image"].numpy()
    sides.add_torch("dcgan", str(BATCH), "64")
    sides.compare()


NETWORKS = {"cyclegan": cyclegan, "dcgan": dcgan}


def main() -> None:
    parser = argparse.ArgumentParser()
    for option in ("torch", "openvino", "newer"):
        parser.add_argument(f"--{option}", metavar="PYTHON", help="without it its sides are left out")
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print(f"medians of {options.rounds} alternating rounds")
    for name in options.networks:
        with tempfile.TemporaryDirectory() as folder:
            NETWORKS[name](options, Path(folder))


if __name__ == "__main__":
    main()
