"""The page on loopback, with the headers that let the browser use threads."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

from serving.common.loopback import LocalHandler, listening

HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "X-Content-Type-Options": "nosniff",
    # Files are asked for again, and sent again only where they have changed.
    "Cache-Control": "no-cache",
}

# Systems differ in what they call these, and browsers take them by no other name.
TYPES = {
    **SimpleHTTPRequestHandler.extensions_map,
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}


@contextmanager
def hosted(folder: Path, port: int = 0) -> Iterator[str]:
    """Serves a folder on this machine alone, and yields its address.

    Args:
        folder: what `write_site` wrote.
        port: 0 for a free one.

    Raises:
        OSError: the port is taken.
    """
    with listening(functools.partial(_Handler, directory=str(folder)), port) as address:
        yield address


class _Handler(LocalHandler, SimpleHTTPRequestHandler):
    extensions_map = TYPES

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()
