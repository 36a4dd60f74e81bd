"""How the rows of one network are joined."""

from __future__ import annotations

from dataclasses import dataclass

from serving.common.errors import require_at_least, require_integer


@dataclass(frozen=True, slots=True)
class Batching:
    """Limits of a batch. A worker that has nothing else to do never waits for one to fill.

    Attributes:
        rows: at most; the model's `max_batch_size` by default.
        wait: seconds that a batch which is not full may wait for more rows while another of its network is computed.
        seconds: that a batch should take at most, by the time that rows of its network took before, so that others
            come to their turn in between.

    Raises:
        InputError: rows below 1, or seconds that are negative.
    """

    rows: int | None = None
    wait: float = 0.001
    seconds: float = 0.1

    def __post_init__(self) -> None:
        if self.rows is not None:
            require_integer(1, rows=self.rows)
        require_at_least(0, wait=self.wait, seconds=self.seconds)
