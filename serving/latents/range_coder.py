"""Whole numbers in about as many bits as their frequencies say, without a table beside them.

Reader and writer count what has passed, from one of each number on, so that both know the same frequencies at each
place. `n` numbers of `k` kinds take their entropy and about `(k - 1) / 2 * log2(n)` bits more, for learning it.

Source: Martin 1979, "Range encoding: an algorithm for removing redundancy from a digitized message"; counts: Moffat et
al. 1998, "Arithmetic coding revisited".
"""

from __future__ import annotations

import numpy as np

from serving.common.errors import InputError

# Of the range: it has 48 bits, and a byte leaves when its highest eight are settled.
WIDTH, BYTE = 48, 8
LOWEST = 1 << (WIDTH - BYTE)
MASK = (1 << WIDTH) - 1
# What a number counts for when it has passed, against 1 for one that has not; counts are halved before they are so many
# that the range could not be divided among them.
SEEN, MOST = 32, 1 << 24
MOST_KINDS = 1 << 12


def encode(columns: np.ndarray, kinds: int) -> bytes:
    """The numbers of all columns as bytes, one column after the other, each with counts of its own.

    Args:
        columns: (columns, length), from 0 to `kinds` - 1.
        kinds: at most 4,096.

    Raises:
        InputError: too many kinds, or a number outside of them.
    """
    _check_kinds(kinds)
    if columns.size and not 0 <= columns.min() <= columns.max() < kinds:
        raise InputError(f"numbers must be from 0 to {kinds - 1}. Received: {columns.min()} to {columns.max()}.")
    low, width, out = 0, MASK, bytearray()
    for column in columns.tolist():
        counts = _Counts(kinds)
        for number in column:
            part = width // counts.total
            low += counts.below(number) * part
            width = counts.each[number] * part
            counts.add(number)
            if low > MASK:
                low &= MASK
                _carry(out)
            while width < LOWEST:
                out.append(low >> (WIDTH - BYTE))
                low, width = (low << BYTE) & MASK, width << BYTE
    return bytes(out) + low.to_bytes(WIDTH // BYTE, "big")


def decode(content: bytes, kinds: int, columns: int, length: int) -> np.ndarray:
    """What `encode` was given, uint16 (columns, length).

    Args:
        content: of `encode`; of anything else some numbers of that range come out.
        kinds: as for `encode`.
        columns: how many.
        length: of each.
    """
    _check_kinds(kinds)
    found = np.empty((columns, length), np.uint16)
    start = WIDTH // BYTE
    code, width = int.from_bytes(content[:start].ljust(start, b"\0"), "big"), MASK
    rest = iter(content[start:])
    for column in range(columns):
        counts = _Counts(kinds)
        numbers = []
        for _ in range(length):
            part = width // counts.total
            number, below = counts.at(min(code // part, counts.total - 1))
            code -= below * part
            width = counts.each[number] * part
            counts.add(number)
            numbers.append(number)
            while width < LOWEST:
                code, width = ((code << BYTE) | next(rest, 0)) & MASK, width << BYTE
        found[column] = numbers
    return found


def entropy_bits(columns: np.ndarray) -> float:
    """Bits that the numbers of all columns take at least, if each column's frequencies are known: (columns, length)."""
    total = 0.0
    for column in columns:
        counts = np.bincount(column)
        counts = counts[counts > 0]
        total -= float((counts * np.log2(counts / counts.sum())).sum())
    return total


class _Counts:
    """How often each number has passed, as a tree of sums (Fenwick 1994)."""

    def __init__(self, kinds: int) -> None:
        self.each = [1] * kinds
        self.total = kinds
        self._build()

    def below(self, number: int) -> int:
        """The sum of the counts of smaller numbers."""
        total = 0
        while number:
            total += self._sums[number]
            number &= number - 1
        return total

    def at(self, place: int) -> tuple[int, int]:
        """The number whose counts a place below `total` falls among, and the sum of those before it."""
        number, step, left = 0, self._step, place
        while step:
            after = number + step
            if after <= len(self.each) and self._sums[after] <= left:
                number = after
                left -= self._sums[after]
            step >>= 1
        return number, place - left

    def add(self, number: int) -> None:
        """Counts a number that has passed."""
        self.each[number] += SEEN
        self.total += SEEN
        if self.total > MOST:
            self.each = [(count + 1) // 2 for count in self.each]
            self.total = sum(self.each)
            self._build()
            return
        place = number + 1
        while place < len(self._sums):
            self._sums[place] += SEEN
            place += place & -place

    def _build(self) -> None:
        self._sums = [0, *self.each]
        self._step = 1 << (len(self.each).bit_length() - 1)
        for place in range(1, len(self._sums)):
            parent = place + (place & -place)
            if parent < len(self._sums):
                self._sums[parent] += self._sums[place]


def _carry(out: bytearray) -> None:
    """Adds 1 to the bytes that have left."""
    place = len(out) - 1
    while out[place] == 255:
        out[place] = 0
        place -= 1
    out[place] += 1


def _check_kinds(kinds: int) -> None:
    if not 1 <= kinds <= MOST_KINDS:
        raise InputError(f"there must be from 1 to {MOST_KINDS} kinds of numbers. Received: {kinds}.")
