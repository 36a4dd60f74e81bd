"""A network of one addition, for codes that are moved without leaving the device that they are on."""

from __future__ import annotations

from serving.bundle.names import CODE

SHIFT, MOVED = "shift", "moved"
OPSET, IR_VERSION = 18, 8
FLOAT = 1


def addition() -> bytes:
    """The ONNX file of `moved = code + shift`, float32 of any shapes that fit each other."""
    names = _field(1, CODE.encode()) + _field(1, SHIFT.encode()) + _field(2, MOVED.encode())
    graph = _field(1, names + _field(4, b"Add")) + _field(2, b"addition")
    graph += b"".join(_field(11, _tensor(name)) for name in (CODE, SHIFT)) + _field(12, _tensor(MOVED))
    return _number(1, IR_VERSION) + _field(8, _number(2, OPSET)) + _field(7, graph)


def _tensor(name: str) -> bytes:
    """ValueInfoProto of a float tensor of any shape."""
    return _field(1, name.encode()) + _field(2, _field(1, _number(1, FLOAT)))


def _field(number: int, content: bytes) -> bytes:
    """Bytes in the wire format of Protocol Buffers, of which there are fewer than 128."""
    assert len(content) < 128, "a length of one byte"
    return bytes([number << 3 | 2, len(content)]) + content


def _number(number: int, value: int) -> bytes:
    return bytes([number << 3, value])
