"""What an ONNX file holds, read from its bytes alone: operators, versions, and where the numbers are.

ONNX Runtime parses a file and opens whatever it names in one step. This reads the little that must be known before, by
the field numbers of onnx.proto, in a time that the size of the file limits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from serving.bundle.wire import (
    BYTES,
    FIXED32,
    FIXED64,
    VARINT,
    MalformedError,
    Messages,
    Value,
    inner,
    text,
    varints,
    whole,
)

MOST_FIELDS = 2**21
# Graphs within graphs; Protocol Buffers itself stops at a hundred messages.
DEEPEST = 30
MOST_AXES = 64
# What of a tensor is read: field -> wire types; numbers may be packed in one field or each be in one of its own.
NUMBERS = {4: FIXED32 + BYTES, 5: VARINT + BYTES, 6: BYTES, 7: VARINT + BYTES, 10: FIXED64 + BYTES, 11: VARINT + BYTES}
TENSOR = {1: VARINT + BYTES, 2: VARINT, 8: BYTES, 9: BYTES, 13: BYTES, 14: VARINT, **NUMBERS}
STRINGS = 6


class Operator(NamedTuple):
    """What a node computes: the domain, empty for ONNX's own, and the name there."""

    domain: str
    name: str


@dataclass(frozen=True)
class Constant:
    """A tensor that is stored in the file or beside it.

    Attributes:
        name: for messages.
        dims: its axes.
        type: of its elements, the number of `TensorProto.DataType`.
        raw: bytes that are stored as they are; None where there are none.
        numbers: how many are stored otherwise.
        beside: location, offset and length of what is stored in another file, as text; None where nothing is.
    """

    name: str
    dims: tuple[int, ...]
    type: int
    raw: int | None
    numbers: int
    beside: dict[str, str] | None


@dataclass
class Contents:
    """What was found, graphs within graphs and functions included.

    Attributes:
        ir_version: of the format.
        opsets: domain and version of each set of operators that is imported.
        operators: that nodes name.
        constants: tensors, those of attributes too.
        functions: how many operators the file defines itself.
        sparse: how many tensors state only some of their numbers.
    """

    ir_version: int = 0
    opsets: list[tuple[str, int]] = field(default_factory=list)
    operators: set[Operator] = field(default_factory=set)
    constants: list[Constant] = field(default_factory=list)
    functions: int = 0
    sparse: int = 0


def read_contents(content: bytes) -> Contents:
    """Reads an ONNX file.

    Args:
        content: of the file.

    Raises:
        MalformedError: no ONNX file, one that is cut off, or one of too many or too deep parts.
    """
    reader = _Reader()
    reader.model(memoryview(content))
    return reader.found


class _Reader:
    """Goes through the messages of a file; methods are named for them."""

    def __init__(self) -> None:
        self.found = Contents()
        self.messages = Messages(MOST_FIELDS)
        self.depth = 0

    def model(self, data: memoryview) -> None:
        graphs = 0
        for number, value in self.messages.fields(
            data, {1: VARINT, 7: BYTES, 8: BYTES, 20: BYTES, 25: BYTES}, once={1, 7}
        ):
            if number == 1:
                self.found.ir_version = whole(value)
            elif number == 7:
                graphs += 1
                self.graph(inner(value))
            elif number == 8:
                self.opset(inner(value))
            elif number == 20:
                self.training(inner(value))
            elif number == 25:
                self.found.functions += 1
                self.function(inner(value))
        if not graphs:
            raise MalformedError("no graph")

    def opset(self, data: memoryview) -> None:
        entries = dict(self.messages.fields(data, {1: BYTES, 2: VARINT}, once={1, 2}))
        self.found.opsets.append((text(entries.get(1, memoryview(b""))), whole(entries.get(2, 0))))

    def training(self, data: memoryview) -> None:
        for _, value in self.messages.fields(data, {1: BYTES, 2: BYTES}):
            self.graph(inner(value))

    def function(self, data: memoryview) -> None:
        for number, value in self.messages.fields(data, {7: BYTES, 9: BYTES, 11: BYTES}):
            {7: self.node, 9: self.opset, 11: self.attribute}[number](inner(value))

    def graph(self, data: memoryview) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise MalformedError(f"graphs within graphs, more than {DEEPEST} deep")
        for number, value in self.messages.fields(data, {1: BYTES, 5: BYTES, 15: BYTES}):
            {1: self.node, 5: self.tensor, 15: self.sparse}[number](inner(value))
        self.depth -= 1

    def node(self, data: memoryview) -> None:
        domain = name = ""
        for number, value in self.messages.fields(data, {4: BYTES, 5: BYTES, 7: BYTES}, once={4, 7}):
            if number == 5:
                self.attribute(inner(value))
            elif number == 4:
                name = text(value)
            else:
                domain = text(value)
        self.found.operators.add(Operator(domain, name))

    def attribute(self, data: memoryview) -> None:
        inside = {5: self.tensor, 6: self.graph, 10: self.tensor, 11: self.graph, 22: self.sparse, 23: self.sparse}
        for number, value in self.messages.fields(data, dict.fromkeys(inside, BYTES), once={5, 6, 22}):
            inside[number](inner(value))

    def sparse(self, data: memoryview) -> None:
        self.found.sparse += 1
        for _, value in self.messages.fields(data, {1: BYTES, 2: BYTES}):
            self.tensor(inner(value))

    def tensor(self, data: memoryview) -> None:
        dims: list[int] = []
        name, kind, raw, numbers = "", 0, None, 0
        outside, beside = False, dict[str, str]()
        for number, value in self.messages.fields(data, TENSOR, once={2, 8, 9, 14}):
            if number == 1:
                dims += _axes(value)
                if len(dims) > MOST_AXES:
                    raise MalformedError(f"a tensor of more than {MOST_AXES} axes")
            elif number == 2:
                kind = whole(value)
            elif number == 8:
                name = text(value)
            elif number == 9:
                raw = len(inner(value))
            elif number == 13:
                self.entry(inner(value), beside)
            elif number == 14:
                outside = value != 0
            else:
                numbers += _count(number, value)
        stored = beside if outside or beside else None
        self.found.constants.append(Constant(name, tuple(dims), kind, raw, numbers, stored))

    def entry(self, data: memoryview, into: dict[str, str]) -> None:
        pair = {number: text(value) for number, value in self.messages.fields(data, {1: BYTES, 2: BYTES}, once={1, 2})}
        key = pair.get(1, "")
        if key in into:
            raise MalformedError(f"{key!r} of an external tensor twice")
        into[key] = pair.get(2, "")


def _axes(value: Value) -> list[int]:
    """Sizes, whose 64 bits have a sign."""
    if isinstance(value, memoryview) and len(value) > 10 * MOST_AXES:
        raise MalformedError(f"a tensor of more than {MOST_AXES} axes")
    sizes = [value] if isinstance(value, int) else varints(value)
    return [size - 2**64 if size >= 2**63 else size for size in sizes]


def _count(number: int, value: Value) -> int:
    """How many numbers there are in a field of them."""
    kinds = NUMBERS[number]
    if isinstance(value, int) or number == STRINGS:
        return 1
    if not value:
        return 0
    if VARINT[0] in kinds:
        return int(np.count_nonzero(np.frombuffer(value, np.uint8) < 128))
    size = 8 if FIXED64[0] in kinds else 4
    if len(value) % size:
        raise MalformedError("numbers that are cut off")
    return len(value) // size
