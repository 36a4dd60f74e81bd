"""The page and what it asks for, over HTTP on this machine alone."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keras_gen.watch.runs import Runs
from serving.common.loopback import LocalHandler, listening

PAGE = Path(__file__).parent / "page"
# Everything else is refused; `/` is the first.
FILES = {
    "index.html": "text/html; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    **dict.fromkeys(
        ("watch.js", "chart.js", "elements.js", "numbers.js", "pictures.js", "runs.js", "options.js"),
        "text/javascript; charset=utf-8",
    ),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FRESH, KEPT = "no-store", "private, max-age=86400, immutable"
DETAILS = re.compile(r"/api/runs/([0-9a-f]+)")
# The page adds when the file was written, as `?v=`.
PICTURE = re.compile(r"/api/runs/([0-9a-f]+)/pictures/(\d{1,9})")


@contextmanager
def watched(runs: Runs, port: int = 0) -> Iterator[str]:
    """Shows runs on this machine alone, and yields the page's address.

    Args:
        runs: what is shown.
        port: 0 for a free one.

    Raises:
        OSError: the port is taken.
    """
    with listening(functools.partial(_Handler, runs), port) as address:
        yield address


class _Handler(LocalHandler):
    # A connection for each request, so that none outlives the site.
    protocol_version = "HTTP/1.0"

    def __init__(self, runs: Runs, *rest: Any) -> None:
        self.runs = runs
        super().__init__(*rest)

    def do_GET(self) -> None:  # noqa: N802
        path = self.path.partition("?")[0]
        for pattern, answer in ROUTES:
            if match := pattern.fullmatch(path):
                answer(self, *match.groups())
                return
        self._file(path.removeprefix("/") or "index.html")

    do_HEAD = do_GET  # noqa: N815

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def summaries(self) -> None:
        """All runs."""
        self._json([run.summary() for run in self.runs.all()])

    def details(self, id: str) -> None:
        """One run."""
        run = self.runs.find(id)
        if run is None:
            self.send_error(404)
        else:
            self._json(run.details())

    def picture(self, id: str, epoch: str) -> None:
        """The picture of an epoch."""
        run = self.runs.find(id)
        content = run.picture(int(epoch)) if run else None
        if content is None:
            self.send_error(404)
        else:
            self._answer(content, "image/png", KEPT if "?" in self.path else FRESH)

    def _file(self, name: str) -> None:
        if name in FILES:
            self._answer((PAGE / name).read_bytes(), FILES[name], "no-cache")
        else:
            self.send_error(404)

    def _json(self, content: Any) -> None:
        self._answer(json.dumps(content, allow_nan=False).encode(), "application/json", FRESH)

    def _answer(self, content: bytes, kind: str, cache: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", cache)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


ROUTES: tuple[tuple[re.Pattern[str], Callable[..., None]], ...] = (
    (re.compile(r"/api/runs"), _Handler.summaries),
    (DETAILS, _Handler.details),
    (PICTURE, _Handler.picture),
)
