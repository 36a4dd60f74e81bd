"""What a network must be before ONNX Runtime gets its bytes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from serving.bundle.onnx_contents import Constant, Contents, Operator, read_contents
from serving.bundle.operators import ALLOWED, DOMAINS
from serving.bundle.wire import MalformedError
from serving.common.errors import InputError

# TensorProto.DataType -> bytes of an element; no strings, and nothing of less than a byte.
BYTES_OF = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
LOCATION, OFFSET, LENGTH = "location", "offset", "length"
DIGITS = re.compile("[0-9]{1,18}")


def check_network(content: bytes, weights: Mapping[str, int], where: Path) -> Contents:
    """What a network of a bundle holds, after everything that could be read was found harmless.

    Args:
        content: of the ONNX file.
        weights: name -> bytes of the file beside it, if it has one.
        where: the file, for messages.

    Raises:
        InputError: no ONNX file, an operator that is not allowed, numbers that are elsewhere or of another size than
            is stated.
    """
    contents = _read(content, where)
    if refused := sorted(filter(_is_refused, contents.operators)):
        shown = ", ".join(repr(f"{domain or DOMAINS[1]}.{name}"[:80]) for domain, name in refused[:3])
        raise InputError(f"{where} must use operators of ONNX that compute numbers from numbers. Received: {shown}.")
    if contents.functions:
        raise InputError(f"{where} must define no operators of its own. Received: {contents.functions}.")
    if contents.sparse:
        raise InputError(f"{where} must store all numbers of a tensor. Received: {contents.sparse} sparse ones.")
    _check_places(contents.constants, weights, where)
    for constant in contents.constants:
        _check_size(constant, where)
    return contents


def check_self_contained(content: bytes, where: Path | str) -> Contents:
    """What an ONNX file from anywhere holds, of which nothing is in another file, which ONNX Runtime would open.

    Raises:
        InputError: no ONNX file, or one with numbers that are elsewhere.
    """
    contents = _read(content, where)
    _check_places(contents.constants, {}, where)
    return contents


def _read(content: bytes, where: Path | str) -> Contents:
    try:
        return read_contents(content)
    except MalformedError as error:
        raise InputError(f"{where} must be an ONNX file. Received: {error}.") from None


def _is_refused(operator: Operator) -> bool:
    return operator.domain not in DOMAINS or operator.name not in ALLOWED


def _check_places(constants: Iterable[Constant], weights: Mapping[str, int], where: Path | str) -> None:
    """Numbers beside the network are in a file of `weights`, all of them."""
    for constant in constants:
        if constant.beside is None:
            continue
        location = constant.beside.get(LOCATION, "")
        if location not in weights:
            stated = " or ".join(map(repr, weights)) or "the network itself"
            raise InputError(f"numbers of {where} must be in {stated}. Received: {location[:80]!r}.")
        offset, length = (_integer(constant, key, where) for key in (OFFSET, LENGTH))
        stored = bytes_of(constant, where)
        if length not in (None, stored) or (offset or 0) + stored > weights[location]:
            raise InputError(
                f"{_name(constant)} of {where} must be {stored} bytes of the {weights[location]} in {location}. "
                f"Received: {length} from {offset}."
            )


def _check_size(constant: Constant, where: Path) -> None:
    """There are as many numbers as the axes say, and at one place only."""
    expected = bytes_of(constant, where)
    found = [] if constant.beside is None else [expected]
    if constant.raw is not None:
        found.append(constant.raw)
    if constant.numbers or not found:
        found.append(constant.numbers * BYTES_OF[constant.type])
    if found != [expected]:
        raise InputError(f"{_name(constant)} of {where} must have {expected} bytes. Received: {sum(found)}.")


def bytes_of(constant: Constant, where: Path | str) -> int:
    """Bytes that the axes and the type of a tensor state.

    Raises:
        InputError: a negative size, or a type that no network has.
    """
    if constant.type not in BYTES_OF:
        raise InputError(f"{_name(constant)} of {where} must be numbers. Received: data type {constant.type}.")
    if any(size < 0 for size in constant.dims):
        raise InputError(f"{_name(constant)} of {where} must have axes of at least 0. Received: {min(constant.dims)}.")
    return math.prod(constant.dims) * BYTES_OF[constant.type]


def _integer(constant: Constant, key: str, where: Path | str) -> int | None:
    assert constant.beside is not None, "asked of what is beside the network"
    text = constant.beside.get(key)
    if text is not None and not DIGITS.fullmatch(text):
        raise InputError(f"{key} of {_name(constant)} in {where} must be a number. Received: {text[:80]!r}.")
    return None if text is None else int(text)


def _name(constant: Constant) -> str:
    return repr(constant.name[:80])
