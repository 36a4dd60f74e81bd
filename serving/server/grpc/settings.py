"""What whoever starts the server decides of its gRPC side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from serving.server.limits import Limits


@dataclass(frozen=True)
class Called:
    """A call that was answered, for a log of them.

    Attributes:
        method: its path, such as `/inference.GRPCInferenceService/ModelInfer`.
        status: the name of gRPC's status, such as `OK`.
        client: a token's name, or an address.
        received: bytes of the message.
        sent: bytes of the answer's.
        seconds: until the answer was handed to gRPC.
        traceparent: the metadata of W3C's trace context; empty where there were none.
    """

    method: str
    status: str
    client: str
    received: int
    sent: int
    seconds: float
    traceparent: str = ""


@dataclass(frozen=True)
class GrpcSettings:
    """Who may call, and what.

    Attributes:
        limits: of requests.
        tokens: name -> `tokens.digest_of` the token of each client; none lets everybody ask.
        answered: is told of every call, in the event loop: it must not block.
    """

    limits: Limits = field(default_factory=Limits)
    tokens: Mapping[str, bytes] = field(default_factory=dict)
    answered: Callable[[Called], None] | None = None
