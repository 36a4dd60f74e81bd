"""From the numbers of pictures to grey levels: which number is black, and which is white."""

from __future__ import annotations

import logging
import math
import threading

import numpy as np

from serving.common.errors import InputError

log = logging.getLogger(__name__)

ValueRange = tuple[float, float]
AUTO = "auto"
BITS_1, BITS_8, BITS_16 = (0.0, 1.0), (0.0, 255.0), (0.0, 65535.0)
LEAST_SHARE = 0.25
# Pictures of an array that are converted at a time, so that 64-bit numbers of all of them are never in memory.
BLOCK = 256


def parse_value_range(given: object) -> ValueRange | str | None:
    """`(low, high)` of `low,high` or of two numbers, `auto`, or None.

    Raises:
        InputError: anything else, or numbers that do not rise.
    """
    if given is None or given == AUTO:
        return AUTO if given else None
    parts = given.split(",") if isinstance(given, str) else given
    try:
        low, high = (float(part) for part in parts)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        low, high = math.nan, math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"--value-range must be LOW,HIGH, as in 0,4095, or {AUTO}. Received: {given}.")
    return low, high


def known_range(given: object) -> ValueRange | None:
    """As `parse_value_range`; None also for `auto`, which says no numbers."""
    parsed = parse_value_range(given)
    return None if isinstance(parsed, str) else parsed


def value_range_text(value_range: ValueRange | None) -> str | None:
    """What `parse_value_range` reads."""
    return None if value_range is None else ",".join(f"{number:.17g}" for number in value_range)


class Levels:
    """Brings numbers to grey levels, and notes which numbers there were. Threads may share one.

    Args:
        value_range: the numbers that become black and white; None takes the full scale of each picture's type.
        keep_bytes: whether pictures of 8 bits are left as they are, whatever the range, as those are that a bundle
            writes.
        measuring: only note the numbers; what is given back is of no use.
    """

    def __init__(
        self, value_range: ValueRange | None = None, keep_bytes: bool = False, measuring: bool = False
    ) -> None:
        self.value_range, self.keep_bytes, self.measuring = value_range, keep_bytes, measuring
        self._seen: dict[ValueRange, ValueRange] = {}
        self._lock = threading.Lock()

    def note(self, low: float, high: float, full: ValueRange) -> None:
        """Notes the lowest and the highest number of a picture, and what full scale is for it."""
        with self._lock:
            before = self._seen.get(full, (low, high))
            self._seen[full] = min(low, before[0]), max(high, before[1])

    def in_eight_bits(self, values: np.ndarray, full: ValueRange) -> np.ndarray:
        """Numbers of any shape as grey levels, uint8: black is 0, white is 255."""
        self.note(float(values.min()), float(values.max()), full)
        made = np.empty(values.shape, np.uint8)
        for start in range(0, len(values), BLOCK):
            rows = slice(start, start + BLOCK)
            np.rint(255.0 * self._of_one(values[rows], full), out=made[rows], casting="unsafe")
        return made

    def in_floats(self, values: np.ndarray, full: ValueRange) -> np.ndarray:
        """Numbers of any shape as float32 in [-1, 1]."""
        self.note(float(values.min()), float(values.max()), full)
        made = np.empty(values.shape, np.float32)
        for start in range(0, len(values), BLOCK):
            rows = slice(start, start + BLOCK)
            made[rows] = 2.0 * self._of_one(values[rows], full) - 1.0
        return made

    def table(self) -> list[int] | None:
        """The grey level of each of the 256 levels of a picture of 8 bits; None where each is its own."""
        if self.keep_bytes or self.value_range in (None, BITS_8):
            return None
        levels: list[int] = np.rint(255.0 * self._of_one(np.arange(256.0), BITS_8)).astype(int).tolist()
        return levels

    def settle(self, name: str) -> None:
        """Takes the lowest and the highest number of all that were seen as the range, unless there is one.

        Raises:
            InputError: pictures of several types, whose numbers mean different things, or one number alone.
        """
        if self.value_range is not None:
            return
        if len(self._seen) != 1:
            scales = " and ".join(f"{low:g} to {high:g}" for low, high in sorted(self._seen))
            raise InputError(f"{name} must hold numbers of one scale for --value-range {AUTO}. Received: {scales}.")
        ((low, high),) = self._seen.values()
        if low == high:
            raise InputError(f"{name} must hold several numbers for --value-range {AUTO}. Received: {low:g} alone.")
        self.value_range = low, high

    def warn(self, name: str) -> None:
        """Says so where the pictures use less than a quarter of their scale, and nobody has said what the range is."""
        if self.value_range is not None or not self._seen:
            return
        # The pictures of one scale that use most of it.
        full, (low, high) = max(self._seen.items(), key=lambda seen: _share(*seen))
        if _share(full, (low, high)) < LEAST_SHARE:
            log.warning(
                "%s uses %.2g %% of the scale of its numbers: %g to %g of %g to %g. "
                "--value-range LOW,HIGH, or --value-range %s, makes them black and white.",
                *(name, 100 * _share(full, (low, high)), low, high, *full, AUTO),
            )

    def _of_one(self, values: np.ndarray, full: ValueRange) -> np.ndarray:
        """Numbers as float64, 0 for black and 1 for white."""
        black, white = self.value_range or full
        return np.clip((values.astype(np.float64) - black) / (white - black), 0.0, 1.0)


def _share(full: ValueRange, seen: ValueRange) -> float:
    """Of a scale with two signs that of the half that is used less: numbers of which few are negative may be meant to
    have none."""
    of_both = (seen[1] - seen[0]) / (full[1] - full[0])
    return min(of_both, seen[0] / full[0]) if full[0] < 0 else of_both
