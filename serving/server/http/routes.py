"""What a route is, and which one a path is of."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from serving.server.http.answers import Answer
from serving.server.http.call import Call

Handle = Callable[[Call], Awaitable[Answer]]
GET, POST = "GET", "POST"
# The names of models may have a slash in them.
MODEL = "model"
_NAME = re.compile(r"\\\{(\w+)\\\}")
# Paths that are kept with the routes that they lead to.
MOST_KEPT = 1024
MOST_PATH = 2048


@dataclass(frozen=True)
class Route:
    """What answers a path.

    Attributes:
        method: `GET`, which answers `HEAD` too, or `POST`.
        path: with names in braces.
        handle: gives the answer.
        says: the operation in the OpenAPI document; None for what is no part of it.
        problems: whether errors are problem documents, or `{"error": ...}`.
        open: whether no token is needed: probes have none.
        linked: whether other sites may link to it, as it computes nothing.
    """

    method: str
    path: str
    handle: Handle
    says: Mapping[str, Any] | None = None
    problems: bool = True
    open: bool = False
    linked: bool = False
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        text = _NAME.sub(lambda found: _group(found[1]), re.escape(self.path))
        object.__setattr__(self, "pattern", re.compile(text))


@dataclass(frozen=True)
class Found:
    """The routes of a path by their methods, and what stands in it for their names."""

    by_method: Mapping[str, Route]
    names: Mapping[str, str]


class Router:
    """Finds the routes of paths.

    Args:
        routes: where several fit, the first counts.
    """

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = tuple(routes)
        self._kept: dict[bytes, Found] = {}

    def find(self, raw_path: bytes) -> Found | None:
        """The routes of a path as it came, percent-encoded; None where there are none.

        A slash that is encoded as `%2F` is part of a name, and one that is not may be, in the name of a model.
        """
        found = self._kept.get(raw_path)
        if found is None:
            found = self._found(raw_path)
            if found is not None:
                if len(self._kept) >= MOST_KEPT:
                    self._kept.clear()
                self._kept[raw_path] = found
        return found

    def _found(self, raw_path: bytes) -> Found | None:
        if len(raw_path) > MOST_PATH:
            return None
        path = raw_path.decode("latin-1")
        first = next(((route, match) for route in self.routes if (match := route.pattern.fullmatch(path))), None)
        if first is None:
            return None
        same = {route.method: route for route in self.routes if route.path == first[0].path}
        try:
            return Found(same, {name: unquote(text, errors="strict") for name, text in first[1].groupdict().items()})
        except UnicodeDecodeError:
            return None


def _group(name: str) -> str:
    return f"(?P<{name}>.+?)" if name == MODEL else f"(?P<{name}>[^/]+)" if name != "file" else f"(?P<{name}>.*)"
