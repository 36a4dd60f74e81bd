"""Refusals that only HTTP knows, and how they are written: as the protocol's errors, or as problem documents."""

from __future__ import annotations

from http import HTTPStatus

import orjson

from serving.server.http.answers import JSON, Answer, Headers
from serving.server.refusals import Reason, RefusedError

PROBLEM = "application/problem+json"
# What the client of a failure is told: the log has the rest.
FAILURE = "the server failed at this request; its log says why"


class HttpError(RefusedError):
    """A refusal with a status of its own.

    Args:
        status: of HTTP (RFC 9110).
        message: one sentence.
        headers: of the answer.
    """

    def __init__(self, status: int, message: str, headers: Headers = ()) -> None:
        super().__init__(Reason.INVALID, message)
        self.status = status
        self.headers = headers


def refusal(error: RefusedError, as_problem: bool) -> Answer:
    """The answer that says why there is no result.

    Args:
        error: the reason.
        as_problem: a problem document (RFC 9457), or `{"error": ...}` of the Open Inference Protocol.
    """
    status = error.status if isinstance(error, HttpError) else error.reason.http
    headers = list(error.headers) if isinstance(error, HttpError) else []
    if error.reason is Reason.UNAUTHENTICATED:
        headers.append((b"www-authenticate", b"Bearer"))
    if error.retry_after is not None:
        headers.append((b"retry-after", str(max(1, round(error.retry_after))).encode()))
    if not as_problem:
        return Answer(orjson.dumps({"error": error.message}), JSON, status, headers)
    document = {"type": "about:blank", "title": _title(status), "status": status, "detail": error.message}
    return Answer(orjson.dumps(document), PROBLEM, status, headers)


def _title(status: int) -> str:
    return "Client Closed Request" if status == Reason.CANCELLED.http else HTTPStatus(status).phrase
