"""Why a request gets no result, in the words of both protocols."""

from __future__ import annotations

from enum import Enum


class Reason(Enum):
    """What a client has to know. Each has a status of HTTP (RFC 9110) and the name of one of gRPC."""

    INVALID = (400, "INVALID_ARGUMENT")
    UNAUTHENTICATED = (401, "UNAUTHENTICATED")
    NOT_FOUND = (404, "NOT_FOUND")
    TOO_LARGE = (413, "RESOURCE_EXHAUSTED")
    FULL = (429, "RESOURCE_EXHAUSTED")
    CANCELLED = (499, "CANCELLED")
    FAILED = (500, "INTERNAL")
    STOPPING = (503, "UNAVAILABLE")
    LATE = (504, "DEADLINE_EXCEEDED")

    def __init__(self, http: int, grpc: str) -> None:
        self.http = http
        self.grpc = grpc


class RefusedError(Exception):
    """A request that is answered without a result. Its text goes to the client: no paths, nothing from inside.

    Args:
        reason: what kind.
        message: one sentence, what was expected and what was received.
        retry_after: seconds after which to try again, for `FULL` and `STOPPING`.
    """

    def __init__(self, reason: Reason, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.retry_after = retry_after
