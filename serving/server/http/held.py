"""How many bytes of bodies and answers are in memory, of all clients."""

from __future__ import annotations

from serving.server.refusals import Reason, RefusedError


class Held:
    """A purse of bytes, which is used in the event loop alone.

    Args:
        most: bytes that may be held at a time.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.bytes = 0

    def take(self, count: int) -> None:
        """Notes bytes that are in memory from now on.

        Raises:
            RefusedError: FULL, and they are not noted.
        """
        if self.bytes + count > self.most:
            raise RefusedError(Reason.FULL, "the server holds as many bytes of requests as it may", 1.0)
        self.bytes += count

    def give(self, count: int) -> None:
        """Notes that as many are let go."""
        self.bytes -= count
