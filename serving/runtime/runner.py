"""Running one network, its tensors where they are."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.runtime.installed import load_runtime

if TYPE_CHECKING:
    import onnxruntime

# Batches whose tensors are kept at their places: each holds memory of the device for as long as the session lives.
MOST_FIXED = 4
# Of ONNX Runtime's run options: the graph of CUDA to record or replay, and none.
GRAPH, NO_GRAPH = "gpu_graph_id", "-1"

# Bytes of an array that ONNX Runtime writes straight into its place; copying fewer takes less time than telling it
# where: on a CPU 5 and 9 microseconds for 50 kB, 30 and 29 for 800 kB, 670 and 480 for 13 MB.
SMALLEST_BOUND = 2**19

Feed = Mapping[str, Any]


class Runner:
    """A session, what goes in as arrays or as ONNX Runtime's own values, wherever these are.

    It may be used by several threads at once. What is the same on both devices is tested on the CPU; on CUDA it has
    never been run.

    Args:
        session: of ONNX Runtime.
        device: where values stay between networks, `cpu` or `cuda`.
        fixed: keep the tensors of the first few shapes at fixed addresses; where the session has `enable_cuda_graph`,
            CUDA records the work of each shape once and replays it.
    """

    def __init__(self, session: onnxruntime.InferenceSession, device: str = "cpu", fixed: bool = False) -> None:
        self.session = session
        self.device = device
        self._fixed: dict[Any, _FixedBatch] | None = {} if fixed else None
        self._changing = threading.Lock()

    def run(self, feed: Feed, output: str, into: np.ndarray | None = None) -> np.ndarray:
        """One output as an array.

        Args:
            feed: input -> array or value.
            output: its name.
            into: the array that it is to be written to, of its shape and type and without gaps; a new one by default.
        """
        batch = self._fixed_for(feed, output)
        if batch is not None:
            return batch.run(feed, into)
        small = into is None or into.nbytes < SMALLEST_BOUND
        if small and not any(map(_is_value, feed.values())):
            made = self.session.run([output], feed, _options(NO_GRAPH, self._fixed is not None))[0]
            return made if into is None else copied(made, into)
        binding, kept = self._bound(feed)
        if into is None:
            binding.bind_output(output)
        else:
            kept.append(as_value(into))
            binding.bind_ortvalue_output(output, kept[-1])
        self._go(binding)
        return binding.get_outputs()[0].numpy() if into is None else into

    def every(self, feed: Feed, outputs: list[str]) -> list[np.ndarray]:
        """Several outputs of one run as arrays."""
        return self.session.run(outputs, feed, _options(NO_GRAPH, self._fixed is not None))

    def value(self, feed: Feed, output: str) -> onnxruntime.OrtValue:
        """One output as a value that stays on the device, for another network to take."""
        binding, _kept = self._bound(feed)
        binding.bind_output(output, self.device)
        self._go(binding)
        return binding.get_outputs()[0]

    def _bound(self, feed: Feed) -> tuple[onnxruntime.IOBinding, list[Any]]:
        """A binding with its inputs, and what must live until it has run."""
        binding = self.session.io_binding()
        kept = [value if _is_value(value) else as_value(value) for value in feed.values()]
        for name, value in zip(feed, kept, strict=True):
            binding.bind_ortvalue_input(name, value)
        return binding, kept

    def _go(self, binding: onnxruntime.IOBinding) -> None:
        self.session.run_with_iobinding(binding, _options(NO_GRAPH, self._fixed is not None))

    def _fixed_for(self, feed: Feed, output: str) -> _FixedBatch | None:
        """What runs arrays of these shapes at fixed addresses, where such a place is left."""
        if self._fixed is None or any(map(_is_value, feed.values())):
            return None
        key = output, *((name, np.shape(value)) for name, value in feed.items())
        with self._changing:
            if key not in self._fixed and len(self._fixed) < MOST_FIXED:
                self._fixed[key] = _FixedBatch(self.session, self.device, feed, output, len(self._fixed))
            return self._fixed.get(key)


class _FixedBatch:
    """Runs of one shape whose inputs and output are always at the same places on the device.

    Args:
        session: of ONNX Runtime.
        device: `cpu` or `cuda`.
        feed: the first inputs.
        output: name of the output.
        graph: a number of its own among those of the session.
    """

    def __init__(self, session: onnxruntime.InferenceSession, device: str, feed: Feed, output: str, graph: int) -> None:
        self.session = session
        self.options = _options(str(graph), True)
        self.running = threading.Lock()
        self.inputs = {name: as_value(np.array(value), device) for name, value in feed.items()}
        self.binding = session.io_binding()
        for name, value in self.inputs.items():
            self.binding.bind_ortvalue_input(name, value)
        # The first run says how large the output is; its memory is then kept as the place of all others.
        self.binding.bind_output(output, device)
        session.run_with_iobinding(self.binding, _options(NO_GRAPH, True))
        self.output = self.binding.get_outputs()[0]
        self.binding.bind_ortvalue_output(output, self.output)

    def run(self, feed: Feed, into: np.ndarray | None) -> np.ndarray:
        """As `Runner.run`."""
        with self.running:
            for name, value in self.inputs.items():
                value.update_inplace(np.asarray(feed[name], order="C"))
            self.session.run_with_iobinding(self.binding, self.options)
            made = self.output.numpy()  # on the CPU a view of what the next run overwrites
            return np.array(made) if into is None else copied(made, into)


def _options(graph: str, fixed: bool) -> onnxruntime.RunOptions | None:
    """What says which graph of CUDA is meant; nothing where there are none."""
    if not fixed:
        return None
    options = load_runtime().RunOptions()
    options.add_run_config_entry(GRAPH, graph)
    return options


def copied(made: np.ndarray, into: np.ndarray) -> np.ndarray:
    """The array `into`, with the numbers of another of its shape."""
    into[...] = made
    return into


def _is_value(value: Any) -> bool:
    return not isinstance(value, np.ndarray | np.generic)


def as_value(array: np.ndarray, device: str = "cpu") -> onnxruntime.OrtValue:
    """An array as ONNX Runtime's own value: on the CPU its own memory."""
    return load_runtime().OrtValue.ortvalue_from_numpy(np.asarray(array, order="C"), device)
