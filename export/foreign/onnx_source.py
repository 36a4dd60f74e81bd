"""ONNX files of any exporter as networks of a bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

from export.foreign.batches import fixed_batch, with_free_batch
from export.foreign.float32 import has_other_numbers, in_float32
from export.foreign.onnx_files import normalized, open_onnx
from export.foreign.original import Arrays, Original, Slot
from export.graph import tidied
from serving.bundle.manifest import Origin
from serving.runtime.sessions import ON_CPU, session_of

if TYPE_CHECKING:
    import onnxruntime


def of_onnx(given: Path | onnx.ModelProto, what: str, known: Mapping[str, Any] | None = None) -> Original:
    """An ONNX file, or a model in memory, as ONNX Runtime runs it.

    Args:
        given: it.
        what: it, for messages.
        known: of its origin, of a file.

    Raises:
        InputError: a file that is damaged, or that no bundle can hold.
    """
    opened = open_onnx(given, what)
    model = normalized(opened.model, what)
    batch = fixed_batch(model)
    if batch is not None:
        model = with_free_batch(model) or model
    run = _AsItWas(_session(opened.model, what), batch)

    def graph(outputs: Sequence[str]) -> onnx.ModelProto:
        copy = onnx.ModelProto()
        copy.CopyFrom(model)
        kept = [value for value in copy.graph.output if value.name in outputs]
        del copy.graph.output[:]
        copy.graph.output.extend(kept)
        return tidied(copy)

    origin = Origin("onnx", opened.producer or "unknown", opset=opened.opset, **(known or {}))
    return Original("onnx", what, _slots(model), run, "the ONNX file", graph, origin)


def _session(model: onnx.ModelProto, what: str) -> onnxruntime.InferenceSession:
    """Of a file as it was, its numbers widened where they are not float32.

    ONNX Runtime has no convolution of float64 for CPUs, and what it computes in float16 is rounded after every node.
    """
    if has_other_numbers(model):
        copy = onnx.ModelProto()
        copy.CopyFrom(model)
        model = in_float32(copy)
    return session_of(model.SerializeToString(), ON_CPU, what)


class _AsItWas:
    """A file as its owner runs it: as many examples at a time as it takes.

    Args:
        session: of the file.
        batch: how many examples it takes, or None where that is free.
    """

    def __init__(self, session: onnxruntime.InferenceSession, batch: int | None) -> None:
        self.session = session
        self.batch = batch
        self.names = [value.name for value in session.get_outputs()]

    def __call__(self, feed: Mapping[str, np.ndarray]) -> Arrays:
        n = len(next(iter(feed.values())))
        step = self.batch or n
        parts = [self._run(feed, start, min(step, n - start)) for start in range(0, n, step)]
        return {name: np.concatenate(each) for name, each in zip(self.names, zip(*parts, strict=True), strict=True)}

    def _run(self, feed: Mapping[str, np.ndarray], start: int, count: int) -> list[np.ndarray]:
        """Some examples; where the network wants more, the last of them again."""
        rows = np.minimum(np.arange(start, start + (self.batch or count)), start + count - 1)
        made = self.session.run(self.names, {name: value[rows] for name, value in feed.items()})
        return [value[:count] for value in made]


def _slots(model: onnx.ModelProto) -> tuple[Slot, ...]:
    return tuple(map(_slot, model.graph.input))


def _slot(value: onnx.ValueInfoProto) -> Slot:
    tensor = value.type.tensor_type
    shape = tuple(axis.dim_value if axis.dim_value > 0 else None for axis in tensor.shape.dim)
    return Slot(value.name, shape, str(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)))
