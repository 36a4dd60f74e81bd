"""Requests to infer and their answers as messages: tensors as bytes, or as numbers in the field of their type."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from serving.bundle.ports import DATA_TYPES, Port
from serving.server.catalogue import Served
from serving.server.grpc.messages import message
from serving.server.http.tensors import TYPES, of_bytes, shape_of
from serving.server.limits import Limits
from serving.server.refusals import Reason, RefusedError

MOST_ID = 256
FIELDS = {"UINT8": "uint_contents", "INT64": "int64_contents", "FP32": "fp32_contents"}
SHARED_MEMORY, CLASSIFICATION, TIMEOUT = "shared_memory_region", "classification", "timeout"

Arrays = dict[str, np.ndarray]


def read_inputs(asked: Any, served: Served, limits: Limits) -> Arrays:
    """The inputs of a ModelInferRequest.

    Raises:
        RefusedError: INVALID or TOO_LARGE.
    """
    ports = {port.name: port for port in served.model.inputs}
    raw = asked.raw_input_contents
    if raw and len(raw) != len(asked.inputs):
        raise _invalid(f"raw_input_contents must be as many as the inputs. Received: {len(raw)} of {len(asked.inputs)}")
    arrays: Arrays = {}
    for index, tensor in enumerate(asked.inputs):
        port = ports.get(tensor.name)
        if port is None or port.name in arrays:
            raise _invalid(f"the inputs must be {', '.join(ports)}, each once")
        arrays[port.name] = _input(tensor, port, raw[index] if raw else None, limits)
    return arrays


def _input(tensor: Any, port: Port, raw: bytes | None, limits: Limits) -> np.ndarray:
    where = f"the input {port.name}"
    if tensor.datatype != port.data_type:
        raise _invalid(f"{where} must have the datatype {port.data_type}")
    if tensor.parameters:
        _check_shares_nothing(tensor.parameters)
    shape = shape_of(where, list(tensor.shape), limits, TYPES[port.data_type].itemsize)
    if raw is None:
        return _of_contents(where, tensor.contents, port.data_type, shape)
    if tensor.HasField("contents"):
        raise _invalid(f"{where} must have either contents or raw_input_contents")
    return of_bytes(where, port.data_type, shape, memoryview(raw))


def _of_contents(where: str, contents: Any, data_type: str, shape: tuple[int, ...]) -> np.ndarray:
    field = FIELDS[data_type]
    if any(descriptor.name != field for descriptor, _ in contents.ListFields()):
        raise _invalid(f"{where} must have its numbers in {field}, or in raw_input_contents")
    numbers = getattr(contents, field)
    if len(numbers) != math.prod(shape):
        raise _invalid(
            f"{where} of the shape {list(shape)} must have {math.prod(shape)} numbers. Received: {len(numbers)}"
        )
    kind = TYPES[data_type]
    array = np.array(numbers, np.uint32 if data_type == "UINT8" else kind)
    if data_type == "UINT8" and array.max() > 255:
        raise _invalid(f"{where} must be integers from 0 to 255")
    return array.astype(kind, copy=False).reshape(shape)


def read_outputs(asked: Any, served: Served) -> list[str]:
    """Names of the outputs that a ModelInferRequest wants; all where it names none.

    Raises:
        RefusedError: INVALID.
    """
    known = [port.name for port in served.model.outputs]
    wanted: list[str] = []
    for output in asked.outputs:
        if output.name not in known or output.name in wanted:
            raise _invalid(f"the outputs must be among {', '.join(known)}, each once")
        if output.parameters:
            _check_shares_nothing(output.parameters)
            if CLASSIFICATION in output.parameters and output.parameters[CLASSIFICATION].int64_param:
                raise _invalid(f"the parameter {CLASSIFICATION} must be left out: the server gives numbers alone")
        wanted.append(output.name)
    return wanted or known


def read_timeout(parameters: Mapping[str, Any]) -> float | None:
    """Seconds of the parameter `timeout`, which Triton takes in microseconds; None without one.

    Raises:
        RefusedError: INVALID.
    """
    if TIMEOUT not in parameters:
        return None
    given = parameters[TIMEOUT]
    microseconds = given.int64_param or given.uint64_param
    if given.WhichOneof("parameter_choice") not in ("int64_param", "uint64_param") or microseconds < 0:
        raise _invalid(f"the parameter {TIMEOUT} must be a number of microseconds")
    return microseconds / 1e6 or None


def check_id(asked: Any) -> None:
    """Raises INVALID for an id that is too long to repeat."""
    if len(asked.id) > MOST_ID:
        raise _invalid(f"the id must be a text of at most {MOST_ID} characters")


def write_answer(asked: Any, served: Served, wanted: list[str], outputs: Mapping[str, np.ndarray]) -> Any:
    """The ModelInferResponse, with its tensors as bytes."""
    answer = message("ModelInferResponse")(
        model_name=asked.model_name, model_version=served.bundle.version, id=asked.id
    )
    for name in wanted:
        array = outputs[name]
        answer.outputs.add(name=name, datatype=DATA_TYPES[array.dtype.name], shape=array.shape)
        answer.raw_output_contents.append(array.tobytes())
    return answer


def _check_shares_nothing(parameters: Mapping[str, Any]) -> None:
    if SHARED_MEMORY in parameters:
        raise _invalid(f"the parameter {SHARED_MEMORY} must be left out: the server shares no memory")


def _invalid(text: str) -> RefusedError:
    return RefusedError(Reason.INVALID, text)
