"""A picture in the body of a request: as it is, or as the file of a form (multipart, RFC 7578)."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from serving.server.http.call import Call
from serving.server.refusals import Reason, RefusedError

# Forms that are damaged are no faults of the server, and would fill its log.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)

FORM = b"multipart/form-data"
MOST_PARTS, MOST_TEXT = 16, 2**10


@dataclass(frozen=True)
class Upload:
    """What a request brings.

    Attributes:
        picture: the bytes of its file.
        texts: the other fields of a form.
    """

    picture: bytes
    texts: dict[str, str] = field(default_factory=dict)


def upload_of(call: Call, body: bytes) -> Upload:
    """The picture of a body.

    Raises:
        RefusedError: INVALID for an empty body, or a form that is damaged or has other than one file.
    """
    kind, options = parse_options_header(call.header(b"content-type"))
    if kind != FORM:
        if not body:
            raise _invalid("the body must be a picture")
        return Upload(body)
    form = _Form(options.get(b"boundary", b""), body)
    if len(form.files) != 1:
        raise _invalid(f"the form must have one file. Received: {len(form.files)}")
    return Upload(form.files[0], form.texts)


class _Form:
    """The parts of a form, as the parser finds them."""

    def __init__(self, boundary: bytes, body: bytes) -> None:
        self.files: list[bytes] = []
        self.texts: dict[str, str] = {}
        self._count = 0
        self._ended = False
        if not boundary:
            raise _invalid("the header Content-Type must say the boundary of the form")
        try:
            parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._field,
                    "on_header_value": self._value,
                    "on_header_end": self._header,
                    "on_part_data": self._data,
                    "on_part_end": self._part,
                    "on_end": self._end,
                },
            )
            parser.write(body)
            parser.finalize()
        except FormParserError:
            raise _invalid("the form must be valid and complete") from None
        if not self._ended:
            raise _invalid("the form must be valid and complete")

    def _begin(self) -> None:
        self._count += 1
        if self._count > MOST_PARTS:
            raise _invalid(f"the form must have at most {MOST_PARTS} parts")
        self._disposition = b""
        self._name, self._said = b"", b""
        self._content: list[bytes] = []

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._said += data[start:end]

    def _header(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._said
        self._name, self._said = b"", b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._content.append(data[start:end])

    def _part(self) -> None:
        _, options = parse_options_header(self._disposition)
        content = b"".join(self._content)
        if b"filename" in options:
            self.files.append(content)
            return
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if not name or name in self.texts or len(content) > MOST_TEXT:
            raise _invalid(f"a field of the form must have a name of its own and at most {MOST_TEXT} bytes")
        self.texts[name] = content.decode("utf-8", "replace")

    def _end(self) -> None:
        self._ended = True


def _invalid(message: str) -> RefusedError:
    return RefusedError(Reason.INVALID, message)
