"""Writing an ONNX graph a node at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper


class Nodes:
    """Collects nodes and constants; every method returns the name of a tensor.

    Args:
        prefix: of the names that it gives.
    """

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.nodes: list[onnx.NodeProto] = []
        self.written = 0
        self.initializers: list[onnx.TensorProto] = []

    def node(self, operator: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Adds a node; its output has a name of its own where none is given."""
        name = output or f"{self.prefix}{operator}_{self.written}"
        self._add(helper.make_node(operator, list(inputs), [name], name=f"node_{name}", **attributes))
        return name

    def to(self, dtype: int, value: str) -> str:
        """`value` as another type of `TensorProto`."""
        return self.node("Cast", value, to=dtype)

    def constant(self, value: np.ndarray) -> str:
        """Adds numbers."""
        name = f"{self.prefix}constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(value, name))
        return name

    def integer(self, value: int) -> str:
        """Adds an int64 scalar."""
        return self.constant(np.array(value, np.int64))

    def unsigned(self, value: int) -> str:
        """Adds a uint64 scalar."""
        return self.constant(np.array(value, np.uint64))

    def real(self, value: float) -> str:
        """Adds a float32 scalar."""
        return self.constant(np.array(value, np.float32))

    def split(self, value: str, sizes: Sequence[int], axis: int) -> list[str]:
        """Parts of these sizes along an axis."""
        names = [f"{self.prefix}Split_{self.written}_{index}" for index in range(len(sizes))]
        inputs = [value, self.constant(np.array(sizes, np.int64))]
        self._add(helper.make_node("Split", inputs, names, name=f"node_{names[0]}", axis=axis))
        return names

    def taken(self) -> list[onnx.NodeProto]:
        """The nodes so far, which what is written from here on stands apart from."""
        taken, self.nodes = self.nodes, []
        return taken

    def _add(self, node: onnx.NodeProto) -> None:
        self.nodes.append(node)
        self.written += 1
