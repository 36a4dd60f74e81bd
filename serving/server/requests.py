"""A request to a model and what comes back, in the words of neither protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from serving import Sampler, Translator
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


@dataclass(frozen=True, slots=True)
class Made:
    """What a call of the library gave."""

    value: Any
    timing: Timing


@dataclass(frozen=True, slots=True)
class Work:
    """A call of the library that one client asks for, such as a translation in tiles. It waits in the same queue as the
    requests to its network, and is not joined with them.

    Attributes:
        served: the model that it is for.
        call: is given the opened bundle (`Sampler` or `Translator`), in a thread of the engine. An InputError of it is
            the client's: INVALID.
        rows: how much it is, in rows of the manifest's own size: 4.0 for a picture of twice its height and width.
        bytes: of what goes in and comes out, which are held until it is answered.
        deadline: as that of a request.
        client: as that of a request.
    """

    served: Served
    call: Callable[[Sampler | Translator], Any]
    rows: float = 1.0
    bytes: int = 0
    deadline: float | None = None
    client: str = ""


Outcome = Result | Made | RefusedError
Done = Callable[[Any], None]
# Takes all answers of a batch that belong together, such as those of one event loop: pairs of a `done` and what it is
# to be called with. Without one each `done` is called in the thread that computed.
Post = Callable[[list[tuple[Done, Outcome]]], None]


class Ticket(Protocol):
    """A request that was accepted."""

    def cancel(self) -> None:
        """Frees its place at once. Its `done` is not called after this, unless its answer is on the way already."""
