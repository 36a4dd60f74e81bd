"""The wire format of Protocol Buffers: fields by their number, of messages that anyone may have written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

Value = int | memoryview

VARINT, FIXED64, BYTES, FIXED32 = (0,), (1,), (2,), (5,)
_SIZES = {FIXED64[0]: 8, FIXED32[0]: 4}


class MalformedError(ValueError):
    """Bytes that are not what they should be."""


class Messages:
    """Reads messages, all of one file.

    Every length is held against what is left, and fields that must be there once are refused where they are there
    twice, of which another reader could take the other one.

    Args:
        most_fields: that all messages may have together.
    """

    def __init__(self, most_fields: int) -> None:
        self.most_fields = self.left = most_fields

    def fields(
        self, data: memoryview, known: Mapping[int, tuple[int, ...]], once: Collection[int] = ()
    ) -> Iterator[tuple[int, Value]]:
        """The known fields of a message: number and value, an int for a varint, else the bytes.

        Args:
            data: the message.
            known: number -> wire types that it may have.
            once: numbers that may be there only once.

        Raises:
            MalformedError: as above.
        """
        seen: set[int] = set()
        position, end = 0, len(data)
        while position < end:
            self.left -= 1
            if self.left < 0:
                raise MalformedError(f"more than {self.most_fields} fields")
            key, position = varint(data, position)
            number, wire = key >> 3, key & 7
            value: Value
            if wire == VARINT[0]:
                value, position = varint(data, position)
            else:
                if wire == BYTES[0]:
                    length, position = varint(data, position)
                elif wire in _SIZES:
                    length = _SIZES[wire]
                else:
                    raise MalformedError(f"wire type {wire}")
                if length > end - position:
                    raise MalformedError("a part that is cut off")
                value = data[position : position + length]
                position += length
            if number in known:
                if wire not in known[number]:
                    raise MalformedError(f"field {number} of wire type {wire}")
                if number in once and number in seen:
                    raise MalformedError(f"field {number} twice")
                seen.add(number)
                yield number, value


def varint(data: memoryview, position: int) -> tuple[int, int]:
    """A number of 64 bits, and where the next thing is.

    Raises:
        MalformedError: the bytes end before the number does.
    """
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise MalformedError("a number that is cut off")
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & (2**64 - 1), position
    raise MalformedError("a number of more than ten bytes")


def varints(data: memoryview) -> Iterator[int]:
    """Numbers one behind the other."""
    position = 0
    while position < len(data):
        value, position = varint(data, position)
        yield value


def whole(value: Value) -> int:
    """The value of a field that may only be a varint."""
    assert isinstance(value, int), "the wire type was checked"
    return value


def inner(value: Value) -> memoryview:
    """The bytes of a field that may only be bytes."""
    assert not isinstance(value, int), "the wire type was checked"
    return value


def text(value: Value) -> str:
    """Bytes as text.

    Raises:
        MalformedError: they are not UTF-8.
    """
    try:
        return str(inner(value), "utf-8")
    except UnicodeDecodeError:
        raise MalformedError("a name that is no text") from None
