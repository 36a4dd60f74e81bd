"""ONNX files of any exporter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import version_converter

from export.foreign.original import Arrays, Original, Slot
from export.graph import tidied
from export.to_onnx import OPSET
from serving.bundle.manifest import Origin
from serving.bundle.safety import check_self_contained
from serving.runtime.sessions import ON_CPU, session_of


def read_onnx(given: Path | onnx.ModelProto) -> onnx.ModelProto:
    """The graph of a file, in the version of operators that bundles have."""
    if isinstance(given, Path):
        content = given.read_bytes()
        check_self_contained(content, given)
        given = onnx.load_from_string(content)
    version = {each.domain: each.version for each in given.opset_import}.get("", OPSET)
    return given if version == OPSET else version_converter.convert_version(given, OPSET)


def of_onnx(given: Path | onnx.ModelProto, what: str, known: Mapping[str, Any] | None = None) -> Original:
    """An ONNX file, or a model in memory, as ONNX Runtime runs it.

    Args:
        given: it.
        what: it, for messages.
        known: of its origin, of a file.

    Raises:
        InputError: a file that is damaged, or that no bundle can hold.
    """
    model = read_onnx(given)
    session = session_of(given.read_bytes() if isinstance(given, Path) else given.SerializeToString(), ON_CPU)

    def run(feed: Mapping[str, np.ndarray]) -> Arrays:
        names = [value.name for value in session.get_outputs()]
        return dict(zip(names, session.run(names, dict(feed)), strict=True))

    def graph(outputs: Sequence[str]) -> onnx.ModelProto:
        copy = onnx.ModelProto()
        copy.CopyFrom(model)
        kept = [value for value in copy.graph.output if value.name in outputs]
        del copy.graph.output[:]
        copy.graph.output.extend(kept)
        return tidied(copy)

    origin = _origin(onnx.load_from_string(given.read_bytes()) if isinstance(given, Path) else given, known or {})
    return Original("onnx", what, _slots(model), run, "the ONNX file", graph, origin)


def _origin(model: onnx.ModelProto, known: Mapping[str, Any]) -> Origin:
    opset = {each.domain: each.version for each in model.opset_import}.get("")
    producer = f"{model.producer_name} {model.producer_version}".strip() or "unknown"
    return Origin("onnx", producer, opset=opset, **known)


def _slots(model: onnx.ModelProto) -> tuple[Slot, ...]:
    constants = {tensor.name for tensor in model.graph.initializer}
    return tuple(_slot(value) for value in model.graph.input if value.name not in constants)


def _slot(value: onnx.ValueInfoProto) -> Slot:
    tensor = value.type.tensor_type
    shape = tuple(
        axis.dim_value if axis.HasField("dim_value") and axis.dim_value > 0 else None for axis in tensor.shape.dim
    )
    return Slot(value.name, shape, str(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)))
