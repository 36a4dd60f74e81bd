"""Values of a graph that are known before it runs."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir


def constant(value: ir.Value | None) -> np.ndarray | None:
    """The value of a constant, or None if the value is known only when the graph runs."""
    if value is None or value.is_graph_input() or value.const_value is None:
        return None
    return value.const_value.numpy()


def known(value: ir.Value) -> np.ndarray:
    """The value of a constant; a check has made sure that it is one."""
    found = constant(value)
    assert found is not None
    return found


def producer(value: ir.Value | None, *operators: str) -> ir.Node | None:
    """The node that computes a value if it is one of these standard operators, else None."""
    node = None if value is None else value.producer()
    return node if node is not None and node.domain == "" and node.op_type in operators else None


def per_channel(value: ir.Value | None, channels: int) -> np.ndarray | None:
    """A constant by which pictures (n, channels, height, width) can be scaled or shifted, one number for each channel:
    (channels,). None for any other value."""
    known = constant(value)
    if known is None or known.ndim > 4 or known.size not in (1, channels):
        return None
    shape = (1,) * (4 - known.ndim) + known.shape
    if known.size > 1 and shape != (1, channels, 1, 1):
        return None
    return np.broadcast_to(known.reshape(-1), (channels,))


def integers(node: ir.Node, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
    """An attribute that is a list of integers."""
    attribute = node.attributes.get(name)
    return default if attribute is None else tuple(attribute.as_ints())


def text(node: ir.Node, name: str, default: str) -> str:
    """An attribute that is a text."""
    attribute = node.attributes.get(name)
    return default if attribute is None else attribute.as_string()


def number(node: ir.Node, name: str, default: int) -> int:
    """An attribute that is an integer."""
    attribute = node.attributes.get(name)
    return default if attribute is None else attribute.as_int()
