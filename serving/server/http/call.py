"""A request of HTTP while it is answered."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from serving.server.http.held import Held
from serving.server.http.refusals import HttpError
from serving.server.limits import Limits
from serving.server.refusals import Reason, RefusedError

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
# Seconds that the client waits, as a decimal number.
TIMEOUT = b"x-request-timeout"
MOST_PARAMETERS = 32


class Call:
    """What a client asked, and what is known of it so far.

    Args:
        scope: of ASGI.
        receive: of ASGI: parts of the body, then that the client went away.
        limits: of requests.
        held: that the bytes of this request count in.

    Attributes:
        names: parts of the path by the name that the route gives them, decoded.
        route: the template of its path.
        client: a token's name, or the client's address.
        deadline: on `time.monotonic`'s clock.
        received: bytes of the body, as they came.
        whole: whether all of the body was read.
    """

    __slots__ = (
        "client",
        "deadline",
        "headers",
        "held",
        "limits",
        "method",
        "names",
        "receive",
        "received",
        "route",
        "scope",
        "started",
        "taken",
        "whole",
    )

    def __init__(self, scope: Mapping[str, Any], receive: Receive, limits: Limits, held: Held) -> None:
        self.started = time.monotonic()
        self.scope = scope
        self.receive = receive
        self.limits = limits
        self.held = held
        self.method: str = scope["method"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        address = scope.get("client")
        self.client = address[0] if address else ""
        self.names: Mapping[str, str] = {}
        self.route = ""
        self.received = self.taken = 0
        self.deadline = self.started + limits.seconds
        # Without either header there is no body.
        self.whole = b"content-length" not in self.headers and b"transfer-encoding" not in self.headers

    def header(self, name: bytes) -> str:
        """A header as text; empty where there is none."""
        return self.headers.get(name, b"").decode("latin-1")

    @property
    def query(self) -> dict[str, str]:
        """The parameters behind the path.

        Raises:
            RefusedError: INVALID: too many, one given twice, or what is not UTF-8.
        """
        try:
            pairs = parse_qsl(
                self.scope["query_string"].decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=MOST_PARAMETERS,
            )
        except ValueError:
            raise RefusedError(
                Reason.INVALID, f"the query must have at most {MOST_PARAMETERS} parameters, in UTF-8"
            ) from None
        query = dict(pairs)
        if len(query) != len(pairs):
            raise RefusedError(Reason.INVALID, "a parameter of the query must be given once")
        return query

    def take(self, count: int) -> None:
        """Notes bytes that this request holds until it is answered."""
        self.held.take(count)
        self.taken += count

    def free(self) -> None:
        """Lets go of all that it holds."""
        self.held.give(self.taken)
        self.taken = 0

    def heed_timeout(self) -> None:
        """Brings the deadline forward to that of the header `X-Request-Timeout`.

        Raises:
            HttpError: what is no number of seconds.
        """
        given = self.headers.get(TIMEOUT)
        if given is None:
            return
        try:
            seconds = float(given)
        except ValueError:
            seconds = math.nan
        if not 0 < seconds < math.inf:
            raise HttpError(400, "the header X-Request-Timeout must be seconds above 0, such as 2.5")
        self.wait(seconds)

    def wait(self, seconds: float) -> None:
        """Notes that the client waits no longer than this from the beginning of its request."""
        self.deadline = min(self.deadline, self.started + seconds)
