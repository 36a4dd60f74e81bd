"""Who is told what the engine does, for figures such as those of `/metrics`."""

from __future__ import annotations

from serving.server.catalogue import Bundle, Served
from serving.server.refusals import Reason
from serving.server.requests import Timing


class Observer:
    """Is told of every request and every batch, and does nothing with it. Whoever counts inherits from it.

    Its methods are called in the threads that compute and in those that submit, several at a time, and must not block.
    """

    def answered(self, served: Served, rows: int, timing: Timing) -> None:
        """A request got its result.

        Args:
            served: the model that it asked, with its version.
            rows: of the request.
            timing: its seconds in the queue and in the network.
        """

    def refused(self, served: Served, reason: Reason) -> None:
        """A request that was accepted or not got no result. Requests to models that are not there are not seen here."""

    def computed(self, bundle: Bundle, network: str, rows: int, requests: int, seconds: float) -> None:
        """A network was run once.

        Args:
            bundle: that it is of.
            network: its name; a request to an ensemble runs two.
            rows: of the batch.
            requests: whose rows they were.
            seconds: that it took.
        """
