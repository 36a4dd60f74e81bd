"""A request to a model and what comes back, in the words of neither protocol."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from serving.server.catalogue import Served
from serving.server.refusals import RefusedError

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Request:
    """What one client asks of one model.

    Attributes:
        served: the model.
        inputs: name -> array, in the shapes that clients give: with an axis of rows where requests are joined, scalars
            as arrays of one, labels as columns.
        outputs: names of those that are wanted; all where empty.
        deadline: on `time.monotonic`'s clock, after which nobody waits; None for the server's own limit.
        client: who asks, for fairness: a token's name or an address.
    """

    served: Served
    inputs: Mapping[str, np.ndarray]
    outputs: Sequence[str] = ()
    deadline: float | None = None
    client: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of a request in the queue and in the network, and the rows that it was computed with."""

    queued: float
    computed: float
    rows: int


@dataclass(frozen=True, slots=True)
class Result:
    """Outputs by name, in the shapes that clients get."""

    outputs: Arrays
    timing: Timing


Done = Callable[[Result | RefusedError], None]


@dataclass(eq=False, slots=True)
class Ticket:
    """A request that was accepted."""

    cancelled: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """Frees its place if it is not computed yet; its `done` may then be left out."""
        self.cancelled.set()
