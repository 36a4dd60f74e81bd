"""Writes nodes into tf2onnx's graph."""

from __future__ import annotations

from typing import Any

import numpy as np


class Writer:
    """Writes nodes one after the other: `write("Mul", a, b)` is the name of their product.

    Args:
        graph: tf2onnx's.
    """

    def __init__(self, graph: Any) -> None:
        self.graph = graph

    def __call__(self, operator: str, *inputs: str, **attributes: Any) -> str:
        return str(self.graph.make_node(operator, list(inputs), attr=attributes).output[0])

    def constant(self, values: Any, dtype: Any) -> str:
        """The name of a constant."""
        from tf2onnx import utils

        return str(self.graph.make_const(utils.make_name("constant"), np.array(values, dtype)).output[0])

    def instead_of(self, node: Any, operator: str, *inputs: str, **attributes: Any) -> None:
        """A node that takes another one's place."""
        shapes, dtypes = node.output_shapes, node.output_dtypes
        self.graph.remove_node(node.name)
        self.graph.make_node(
            operator, list(inputs), attr=attributes, name=node.name, outputs=node.output, shapes=shapes, dtypes=dtypes
        )
