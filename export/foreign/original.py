"""A network as its owner has it: with its own names, layout and range."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import onnx
from onnx import helper

from serving.bundle.manifest import Origin

# Sides of pictures that a network of free ones is tried on.
EXAMPLE = 64
Arrays = dict[str, np.ndarray]
Run = Callable[[Mapping[str, np.ndarray]], Arrays]


class Slot(NamedTuple):
    """An input of a network, or an output.

    Attributes:
        name: the network's own.
        shape: sizes of the axes, None for free ones; the first is the batch.
        dtype: NumPy's name of the element type.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str

    @property
    def text(self) -> str:
        """The slot as messages show it: `z float32 (n, 100)`."""
        sizes = ["n", *("free" if size is None else str(size) for size in self.shape[1:])]
        return f"{self.name} {self.dtype} ({', '.join(sizes[: len(self.shape)])})"

    @property
    def numbers(self) -> int:
        """How many numbers there are for each of a batch; 0 where an axis is free."""
        return math.prod(size or 0 for size in self.shape[1:])

    @property
    def element(self) -> int:
        """The type as a number of `TensorProto.DataType`."""
        return helper.np_dtype_to_tensor_dtype(np.dtype(self.dtype))

    @property
    def is_integer(self) -> bool:
        """Whether it takes or gives whole numbers."""
        return np.dtype(self.dtype).kind in "iu"


@dataclass(frozen=True)
class Original:
    """A network of any origin.

    Attributes:
        kind: `keras`, `saved_model` or `onnx`.
        what: the network as messages call it: its file, or its own name.
        inputs: what it takes.
        run: named inputs to named outputs, as its owner runs it.
        runtime: what runs it, for messages.
        graph: names of outputs to the ONNX graph that computes them, of opset 18, with the network's own names.
        origin: what the manifest says of it.
        with_noise: names of outputs to the same network with inputs in place of what it draws; None where it cannot.
    """

    kind: str
    what: str
    inputs: tuple[Slot, ...]
    run: Run
    runtime: str
    graph: Callable[[Sequence[str]], onnx.ModelProto]
    origin: Origin
    with_noise: Callable[[Sequence[str]], Original] | None = None

    @property
    def batch(self) -> int | None:
        """1 where its graph takes one example at a time and cannot be freed of it, else None."""
        return next((slot.shape[0] for slot in self.inputs if slot.shape and slot.shape[0] is not None), None)
