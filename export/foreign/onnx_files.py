"""ONNX files from anywhere: read without trust, and brought to the form that everything else expects."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import numpy_helper

from export.foreign.float32 import in_float32
from export.foreign.numbers_beside import bring_in
from export.foreign.onnx_refusals import check_inference, check_kinds, in_one_line
from export.foreign.opsets import brought_to_opset, regroup
from export.graph import folded
from export.to_onnx import OPSET
from serving.bundle.onnx_contents import Contents, read_contents
from serving.bundle.operators import DOMAINS
from serving.bundle.safety import check_network
from serving.bundle.wire import MalformedError
from serving.common.errors import InputError
from serving.runtime.sessions import ON_CPU, session_of

# What Protocol Buffers can hold, and so what ONNX Runtime takes in one piece.
MOST_BYTES = 2**31 - 1
IN_MEMORY = "the ONNX model"
FLOATING = (np.float16, np.float32, np.float64)


class OnnxFile(NamedTuple):
    """A network as it was written.

    Attributes:
        model: the file's graph, all numbers inside.
        what: the file as messages call it.
        producer: what wrote it, such as `pytorch 2.13.0`; empty where it does not say.
        opset: version of ONNX's operators.
        sha256: of the file; of the serialized model where it was given in memory.
    """

    model: onnx.ModelProto
    what: str
    producer: str
    opset: int
    sha256: str


def open_onnx(source: str | Path | onnx.ModelProto, what: str | None = None) -> OnnxFile:
    """A network that ONNX Runtime may be given, as it was written: nothing outside its folder is opened, and every
    operator is one of ONNX's own.

    Args:
        source: a file, or a model in memory.
        what: it, for messages.

    Raises:
        InputError: no ONNX file, a damaged one, one of more than 2 GB, one that names files elsewhere, or one with
            operators of other domains, control flow, sequences, texts or noise.
    """
    what = what or (IN_MEMORY if isinstance(source, onnx.ModelProto) else str(source))
    content = _content(source, what)
    contents = _contents(content, what)
    check_kinds(contents, what)
    model = _parsed(content, what)
    if not isinstance(source, onnx.ModelProto):
        bring_in(model, Path(source), MOST_BYTES - len(content))
    model = _without_functions(model, what)
    _check(model, what)
    check_inference(model, what)
    producer = f"{model.producer_name} {model.producer_version}".strip()
    return OnnxFile(model, what, producer, _opset(contents), hashlib.sha256(content).hexdigest())


def read_onnx(source: str | Path | onnx.ModelProto) -> onnx.ModelProto:
    """A network as a float32 graph of opset 18 with the names and axes of its own, constants as initializers, and only
    operators that bundles may have.

    Args:
        source: a file, or a model in memory.

    Raises:
        InputError: as `open_onnx`, or an operator that no bundle may have.
    """
    opened = open_onnx(source)
    return normalized(opened.model, opened.what)


def normalized(model: onnx.ModelProto, what: str) -> onnx.ModelProto:
    """What `read_onnx` makes of a model that `open_onnx` gave; the model is not changed."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    _take_initializers_from_inputs(copy)
    try:
        made = folded(in_float32(brought_to_opset(copy, OPSET, what)))
        name_axes(made)
    except InputError:
        raise
    except Exception as error:  # whatever ONNX and onnxscript raise at what no exporter writes
        raise InputError(f"{what} must be a network that ONNX can hold. Received: {in_one_line(error)}.") from error
    content = made.SerializeToString()
    check_network(content, {}, Path(what))
    _check_sizes(made, what)
    session_of(content, ON_CPU, what)
    return made


def name_axes(model: onnx.ModelProto) -> None:
    """Names the free axes of inputs: `n` for the first, then those of the file, or `axis_2`; and has ONNX find out the
    axes of outputs, which exporters state in words of their own."""
    for value in model.graph.input:
        for index, axis in enumerate(value.type.tensor_type.shape.dim):
            if axis.dim_value <= 0:
                axis.dim_param = "n" if index == 0 else axis.dim_param or f"axis_{index}"
    stated = {value.name: len(value.type.tensor_type.shape.dim) for value in model.graph.output}
    del model.graph.value_info[:]
    for value in model.graph.output:
        value.type.tensor_type.ClearField("shape")
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    for value, found in zip(model.graph.output, inferred.graph.output, strict=True):
        value.CopyFrom(found)
        if not value.type.tensor_type.HasField("shape"):
            value.type.tensor_type.shape.dim.extend(
                onnx.TensorShapeProto.Dimension() for _ in range(stated[value.name])
            )


def _content(source: str | Path | onnx.ModelProto, what: str) -> bytes:
    if isinstance(source, onnx.ModelProto):
        size = source.ByteSize()
    else:
        path = Path(source)
        if not path.is_file():
            raise InputError(f"{what} must be an ONNX file. Received: {'a folder' if path.is_dir() else 'no file'}.")
        size = path.stat().st_size
    if size > MOST_BYTES:
        raise InputError(f"{what} must have at most 2 GB. Received: {size / 2**30:.1f} GB.")
    return source.SerializeToString() if isinstance(source, onnx.ModelProto) else Path(source).read_bytes()


def _contents(content: bytes, what: str) -> Contents:
    try:
        return read_contents(content)
    except MalformedError as error:
        raise InputError(f"{what} must be an ONNX file. Received: {error}.") from None


def _parsed(content: bytes, what: str) -> onnx.ModelProto:
    try:
        return onnx.load_model_from_string(content)
    except DecodeError as error:
        raise InputError(f"{what} must be an ONNX file. Received: {in_one_line(error)}.") from None


def _without_functions(model: onnx.ModelProto, what: str) -> onnx.ModelProto:
    """Operators that the file defines itself are replaced by what they are made of."""
    if not model.functions:
        return model
    _check_functions(model, what)
    inlined = onnx.inliner.inline_local_functions(model)
    check_kinds(_contents(inlined.SerializeToString(), what), what)
    return inlined


# Of one value in a network: a gigabyte.
MOST_NUMBERS = 2**28
# Nodes of a graph once its functions are inside; exporters write some thousands.
MOST_NODES = 200_000


def _check_functions(model: onnx.ModelProto, what: str) -> None:
    """Refuses functions that call themselves, or so many others that they would fill the memory."""
    bodies = {(each.domain, each.name): each.node for each in model.functions}
    sizes: dict[tuple[str, str], int] = {}

    def size(nodes: Iterable[onnx.NodeProto], above: tuple[tuple[str, str], ...]) -> int:
        total = 0
        for node in nodes:
            key = (node.domain, node.op_type)
            if key in above or len(above) > 50:
                raise InputError(f"{what} must define no operator by itself. Received: {node.op_type[:80]!r}.")
            if key in bodies and key not in sizes:
                sizes[key] = size(bodies[key], (*above, key))
            total += sizes.get(key, 1)
        return total

    if size(model.graph.node, ()) > MOST_NODES:
        raise InputError(f"{what} must be made of at most {MOST_NODES:,} operators. Received: more, in functions.")


def _checkable(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, without what ONNX knew once and its checker refuses today."""
    if not any(node.op_type == "GroupNormalization" for node in model.graph.node):
        return model
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    regroup(copy)
    return copy


def _check(model: onnx.ModelProto, what: str) -> None:
    """Refuses what ONNX itself finds wrong, and numbers that are none."""
    # Not every exporter states the axes of outputs, which ONNX wants and nobody needs.
    unstated = [value for value in model.graph.output if not value.type.tensor_type.HasField("shape")]
    for value in unstated:
        value.type.tensor_type.shape.SetInParent()
    try:
        onnx.checker.check_model(_checkable(model))
    except (onnx.checker.ValidationError, ValueError) as error:
        raise InputError(f"{what} must be an ONNX file that is whole. Received: {in_one_line(error)}.") from None
    for value in unstated:
        value.type.tensor_type.ClearField("shape")
    for tensor in model.graph.initializer:
        if onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type) in FLOATING:
            values = numpy_helper.to_array(tensor)
            if np.isnan(values).any():
                share = f"where {np.isnan(values).sum()} of {values.size} are NaN"
                raise InputError(f"the weights of {what} must be numbers. Received: {tensor.name[:80]!r}, {share}.")
    if not model.graph.input or not model.graph.output:
        raise InputError(f"{what} must take something and give something. Received: no input or no output.")


def _check_sizes(model: onnx.ModelProto, what: str) -> None:
    """Refuses values that would fill the memory, which a few bytes can ask for.

    ONNX Runtime computes what is known while it opens a network.
    """
    for value in onnx.shape_inference.infer_shapes(model, data_prop=True).graph.value_info:
        size = math.prod(max(1, axis.dim_value) for axis in value.type.tensor_type.shape.dim)
        if size > MOST_NUMBERS:
            raise InputError(
                f"{what} must compute at most {MOST_NUMBERS:,} numbers at a time. "
                f"Received: {size:,} in {value.name[:80]!r}."
            )


def _take_initializers_from_inputs(model: onnx.ModelProto) -> None:
    """Old files list weights among the inputs, where each run might replace them."""
    stored = {tensor.name for tensor in model.graph.initializer}
    kept = [value for value in model.graph.input if value.name not in stored]
    del model.graph.input[:]
    model.graph.input.extend(kept)


def _opset(contents: Contents) -> int:
    return max((version for domain, version in contents.opsets if domain in DOMAINS), default=0)
