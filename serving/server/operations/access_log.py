"""A line for each request that was answered."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from serving.server.grpc.settings import Called
from serving.server.http.settings import Answered

Told = Callable[[Answered | Called], None]


def access_log(form: str) -> Told | None:
    """What writes the lines to standard output.

    Args:
        form: `text`, `json`, or `none` for no lines.
    """
    if form == "none":
        return None
    as_line = _json if form == "json" else _text

    def tell(request: Answered | Called) -> None:
        sys.stdout.write(f"{as_line(_entry(request))}\n")
        sys.stdout.flush()

    return tell


def _entry(request: Answered | Called) -> dict[str, Any]:
    http = isinstance(request, Answered)
    return {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "protocol": "http" if http else "grpc",
        "method": request.method,
        **({"path": request.path} if isinstance(request, Answered) else {}),
        "status": request.status,
        "client": request.client,
        "received": request.received,
        "sent": request.sent,
        "seconds": round(request.seconds, 6),
    }


def _json(entry: dict[str, Any]) -> str:
    return json.dumps(entry)


def _text(entry: dict[str, Any]) -> str:
    """The values in their order; JSON's quotes keep what a client sent on one line."""
    return " ".join(
        json.dumps(value) if isinstance(value, str) and not value.isprintable() else str(value) or "-"
        for value in entry.values()
    )
