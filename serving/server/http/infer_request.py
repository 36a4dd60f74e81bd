"""Requests to infer of the Open Inference Protocol over REST, and its binary tensor extension."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from serving.bundle.ports import FREE, Port
from serving.server.catalogue import Served
from serving.server.http.json_text import parse_object
from serving.server.http.tensors import TYPES, of_bytes, of_numbers, shape_of
from serving.server.limits import Limits
from serving.server.refusals import Reason, RefusedError

MOST_ID = 256
BINARY_SIZE, BINARY, BINARY_ALL = "binary_data_size", "binary_data", "binary_data_output"
# Of the parameters, what an input or output cannot be told here.
SHARED_MEMORY, CLASSIFICATION = "shared_memory_region", "classification"
# Microseconds, as Triton takes them.
TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says beside the model.

    Attributes:
        id: that the answer repeats; None where none was given.
        inputs: name -> array.
        outputs: name -> whether it is wanted as bytes; every output where none is named.
        timeout: seconds that the client waits, or None.
    """

    id: str | None
    inputs: dict[str, np.ndarray]
    outputs: dict[str, bool]
    timeout: float | None


def parse_request(body: bytes, header_length: str, served: Served, limits: Limits) -> Asked:
    """Reads a request.

    Args:
        body: JSON, and the bytes of tensors behind it.
        header_length: the header `Inference-Header-Content-Length`: how long the JSON is; empty where that is all, and
            0 for the bytes of the only input without any (Triton's raw binary request).
        served: the model.
        limits: of a request.

    Raises:
        RefusedError: INVALID or TOO_LARGE.
    """
    if header_length == "0":
        return _raw(body, served)
    text, rest = _split(body, header_length)
    said = parse_object(text, limits)
    name = said.get("id")
    if name is not None and (not isinstance(name, str) or len(name) > MOST_ID):
        raise _invalid(f"the id must be a text of at most {MOST_ID} characters")
    parameters = _parameters(said, "the request")
    booleans = b"true" in text or b"false" in text
    inputs = _inputs(said.get("inputs"), served, rest, limits, booleans)
    return Asked(name, inputs, _outputs(said.get("outputs"), served, parameters), _timeout(parameters))


def shape_outside(port: Port, served: Served) -> list[int]:
    """The shape of a tensor as clients see it: with an axis in front where requests are joined, -1 for a free size."""
    return [FREE, *port.dims] if served.model.max_batch_size else list(port.dims)


def _raw(body: bytes, served: Served) -> Asked:
    """A request without JSON: the shape follows from the number of bytes."""
    ports = served.model.inputs
    if len(ports) != 1:
        raise _invalid(f"bytes without JSON must be for a model with one input. Received: {len(ports)} inputs")
    shape = shape_outside(ports[0], served)
    one = math.prod(size for size in shape if size != FREE) * TYPES[ports[0].data_type].itemsize
    count, rest = divmod(len(body), one)
    if shape.count(FREE) > 1 or rest or not count or (FREE not in shape and count > 1):
        raise _invalid(f"bytes without JSON must be of the shape {shape}, of which one size may be free")
    known = tuple(count if size == FREE else size for size in shape)
    array = of_bytes(f"the input {ports[0].name}", ports[0].data_type, known, memoryview(body))
    return Asked(None, {ports[0].name: array}, {port.name: True for port in served.model.outputs}, None)


def _split(body: bytes, header_length: str) -> tuple[bytes, memoryview]:
    if not header_length:
        return body, memoryview(b"")
    length = int(header_length[:20]) if header_length.isascii() and header_length.isdigit() else -1
    if not 0 < length <= len(body):
        raise _invalid("the header Inference-Header-Content-Length must be a number from 1 to the length of the body")
    return body[:length], memoryview(body)[length:]


def _inputs(given: object, served: Served, rest: memoryview, limits: Limits, booleans: bool) -> dict[str, np.ndarray]:
    ports = {port.name: port for port in served.model.inputs}
    arrays: dict[str, np.ndarray] = {}
    for tensor in _tensors(given, "inputs", len(ports)):
        name = tensor.get("name")
        port = ports.get(name) if isinstance(name, str) else None
        if port is None or port.name in arrays:
            raise _invalid(f"the inputs must be {', '.join(ports)}, each once")
        arrays[port.name], rest = _input(tensor, port, rest, limits, booleans)
    if len(rest):
        raise _invalid(f"the body must end with the last tensor. Received: {len(rest)} bytes behind it")
    return arrays


def _input(
    tensor: Mapping[str, Any], port: Port, rest: memoryview, limits: Limits, booleans: bool
) -> tuple[np.ndarray, memoryview]:
    """A tensor, and what is left of the bytes behind the JSON."""
    where = f"the input {port.name}"
    if tensor.get("datatype") != port.data_type:
        raise _invalid(f"{where} must have the datatype {port.data_type}")
    parameters = _parameters(tensor, where)
    shape = shape_of(where, tensor.get("shape"), limits, TYPES[port.data_type].itemsize)
    if BINARY_SIZE not in parameters:
        if "data" not in tensor:
            raise _invalid(f"{where} must have data, or the parameter {BINARY_SIZE}")
        return of_numbers(where, port.data_type, shape, tensor["data"], booleans), rest
    size = parameters[BINARY_SIZE]
    if "data" in tensor:
        raise _invalid(f"{where} must have either data or the parameter {BINARY_SIZE}")
    if type(size) is not int or not 0 <= size <= len(rest):
        raise _invalid(f"the parameter {BINARY_SIZE} of {where} must be the number of its bytes behind the JSON")
    return of_bytes(where, port.data_type, shape, rest[:size]), rest[size:]


def _outputs(given: object, served: Served, parameters: Mapping[str, Any]) -> dict[str, bool]:
    known = [port.name for port in served.model.outputs]
    every = _flag(parameters, BINARY_ALL, False)
    wanted: dict[str, bool] = {}
    for tensor in _tensors(given, "outputs", len(known)) if given is not None else []:
        name = tensor.get("name")
        if name not in known or name in wanted:
            raise _invalid(f"the outputs must be among {', '.join(known)}, each once")
        own = _parameters(tensor, f"the output {name}")
        if own.get(CLASSIFICATION):
            raise _invalid(f"the parameter {CLASSIFICATION} must be left out: the server gives numbers alone")
        wanted[name] = _flag(own, BINARY, every)
    return wanted or dict.fromkeys(known, every)


def _tensors(given: object, what: str, most: int) -> list[dict[str, Any]]:
    if not isinstance(given, list) or len(given) > most or not all(isinstance(each, dict) for each in given):
        raise _invalid(f"the {what} must be a list of at most {most} objects")
    return given


def _parameters(of: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    parameters = of.get("parameters")
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        raise _invalid(f"the parameters of {where} must be an object")
    if SHARED_MEMORY in parameters:
        raise _invalid(f"the parameter {SHARED_MEMORY} must be left out: the server shares no memory")
    return parameters


def _flag(parameters: Mapping[str, Any], name: str, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise _invalid(f"the parameter {name} must be true or false")
    return value


def _timeout(parameters: Mapping[str, Any]) -> float | None:
    """Triton's schedule policy: microseconds, 0 for none."""
    given = parameters.get(TIMEOUT, 0)
    if type(given) is not int or given < 0:
        raise _invalid(f"the parameter {TIMEOUT} must be a number of microseconds")
    return given / 1e6 or None


def _invalid(message: str) -> RefusedError:
    return RefusedError(Reason.INVALID, message)
