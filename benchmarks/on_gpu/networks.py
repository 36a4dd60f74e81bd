"""Our networks on a device, in the ways that ONNX Runtime runs them there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from serving.runtime.installed import load_runtime
from serving.runtime.providers import CPU, CUDA, PROVIDERS, TENSORRT

GRAPH, NO_GRAPH, FIRST_GRAPH = "gpu_graph_id", "-1", "0"


@dataclass(frozen=True)
class Way:
    """How a network is run.

    Attributes:
        name: of the row.
        provider: `cpu`, `cuda` or `tensorrt`.
        options: of the provider.
        sixteen: whether it is the bundle in 16 bits that is run.
    """

    name: str
    provider: str
    options: dict[str, str] = field(default_factory=dict)
    sixteen: bool = False

    @property
    def graphs(self) -> bool:
        """Whether CUDA records the work of a batch, to replay it."""
        return any("cuda_graph" in name for name in self.options)

    @property
    def short(self) -> bool:
        """Whether numbers have 16 bits, wherever that was said."""
        return self.sixteen or "trt_fp16_enable" in self.options


def ways(providers: Sequence[str], sixteen: bool, half: bool, cache: Path) -> list[Way]:
    """All of those that the providers have.

    Args:
        providers: those that are present.
        sixteen: whether there is a bundle in 16 bits.
        half: let TensorRT compute bundles in 32 bits with 16.
        cache: folder of TensorRT's engines.
    """
    kept = {"trt_engine_cache_enable": "1", "trt_engine_cache_path": str(cache)}
    graphs = {CUDA: {"enable_cuda_graph": "1"}, TENSORRT: {"trt_cuda_graph_enable": "1"}}
    found = []
    for provider in providers:
        common = kept if provider == TENSORRT else {}
        for more in ({}, graphs[provider]) if provider in graphs else ({},):
            name = f"{provider}, graphs" if more else provider
            found.append(Way(name, provider, common | more))
            if sixteen:
                found.append(Way(f"{name}, fp16 bundle", provider, common | more, sixteen=True))
            if half and provider == TENSORRT:
                found.append(Way(f"{name}, half", provider, common | more | {"trt_fp16_enable": "1"}))
    return found


class Bound:
    """A network whose inputs and output stay at their places on the device.

    Args:
        file: the network.
        way: how it is run.
        feed: its inputs.
        output: its output.

    Raises:
        RuntimeError: the provider did not start, or cannot run it.
    """

    def __init__(self, file: Path, way: Way, feed: dict[str, np.ndarray], output: str) -> None:
        runtime = load_runtime()
        options = runtime.SessionOptions()
        options.log_severity_level = 4
        if way.provider != CPU:
            runtime.preload_dlls()
        names = list(PROVIDERS)
        behind = [(PROVIDERS[name], {}) for name in names[names.index(way.provider) + 1 :]]
        chain = [(PROVIDERS[way.provider], way.options), *behind]
        self.session = runtime.InferenceSession(str(file), options, providers=chain)
        if PROVIDERS[way.provider] not in self.session.get_providers():
            raise RuntimeError(f"ONNX Runtime did not start {way.provider}")
        device = CPU if way.provider == CPU else CUDA
        self.inputs = [runtime.OrtValue.ortvalue_from_numpy(values, device, 0) for values in feed.values()]
        self.binding = self.session.io_binding()
        for name, value in zip(feed, self.inputs, strict=True):
            self.binding.bind_ortvalue_input(name, value)
        # The first run says how large the output is; its memory is then kept as the place of all others.
        self.binding.bind_output(output, device)
        self.session.run_with_iobinding(self.binding, _options(NO_GRAPH if way.graphs else None))
        self.output = self.binding.get_outputs()[0]
        self.binding.bind_ortvalue_output(output, self.output)
        self.options = _options(FIRST_GRAPH if way.graphs else None)
        self.seconds(2)

    def pictures(self) -> np.ndarray:
        """What the last run made."""
        return np.array(self.output.numpy())

    def seconds(self, runs: int) -> float:
        """Seconds of one of several runs, until all are done."""
        started = time.perf_counter()
        for _ in range(runs):
            self.session.run_with_iobinding(self.binding, self.options)
        self.binding.synchronize_outputs()
        return (time.perf_counter() - started) / runs


def _options(graph: str | None) -> Any:
    options = load_runtime().RunOptions()
    if graph is not None:
        options.add_run_config_entry(GRAPH, graph)
    return options
