"""Rows of a sequence that are asked for in small batches and drawn in larger blocks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Draw = Callable[[int, int], np.ndarray]


class ReadAhead:
    """Batches of rows, one behind the other. Each run of a network of fifty small operators costs a tenth of a
    millisecond, however few rows it makes.

    Args:
        draw: (how many, index of the first one) to rows.
        n: rows that there are.
        block: rows to draw at a time, at least.
    """

    def __init__(self, draw: Draw, n: int, block: int) -> None:
        self.draw, self.n, self.block = draw, n, block
        self._first, self._rows = 0, np.empty((0,))

    def rows(self, start: int, count: int) -> np.ndarray:
        """The rows `start` to `start + count - 1`."""
        if not self._first <= start <= start + count <= self._first + len(self._rows):
            many = min(max(count, self.block), self.n - start)
            self._first, self._rows = start, self.draw(many, start)
        return self._rows[start - self._first :][:count]
