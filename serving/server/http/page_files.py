"""The files of a built page, as a browser needs them."""

from __future__ import annotations

import mimetypes
import os
from pathlib import Path

from serving.server.http.answers import BYTES, Answer
from serving.server.http.refusals import HttpError

INDEX = "index.html"
# ONNX Runtime's threads need shared memory, which a browser gives to isolated pages alone.
ISOLATED = [
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-embedder-policy", b"require-corp"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
# Of files that Python's own table of types does not know on every machine.
MEDIA_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".onnx": BYTES}


def page_file(folder: Path, name: str, known: str) -> Answer:
    """A file of a page.

    Args:
        folder: with the page.
        name: path of the file inside the folder; of a folder its `index.html`.
        known: the header `If-None-Match`: which version the browser has.

    Raises:
        HttpError: 404 for a file that is not there, not visible, or a link that leads out of the folder.
    """
    name = f"{name}{INDEX}" if not name or name.endswith("/") else name
    parts = name.split("/")
    hidden = any(not part or part.startswith(".") or "\\" in part or "\0" in part for part in parts)
    file = folder if hidden else folder.joinpath(*parts).resolve()
    # Of a name that is too long `Path.is_file` would raise an error.
    if hidden or not file.is_relative_to(folder.resolve()) or not os.path.isfile(file):
        raise HttpError(404, "the page has no such file")
    state = file.stat()
    # Weak, as compressed and plain bytes are both of it.
    version = f'W/"{state.st_size:x}-{state.st_mtime_ns:x}"'
    headers = [*ISOLATED, (b"etag", version.encode()), (b"cache-control", b"no-cache")]
    if known == version:
        return Answer(status=304, headers=headers)
    return Answer(file.read_bytes(), _media_type(file.name), headers=headers)


def _media_type(name: str) -> str:
    own = MEDIA_TYPES.get(Path(name).suffix.lower())
    found = own or mimetypes.guess_type(name)[0] or BYTES
    return f"{found}; charset=utf-8" if found.startswith("text/") else found
