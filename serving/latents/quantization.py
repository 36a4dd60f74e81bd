"""Codes as integers of few bits, and these integers packed into bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from serving.common.errors import InputError

MOST_BITS = 16


@dataclass(frozen=True)
class Quantized:
    """Codes rounded to a uniform grid of `2 ** bits` levels in each dimension.

    Attributes:
        levels: uint16, (n, size), each below `2 ** bits`.
        low: value of level 0, float32 (size,).
        high: value of the last level, float32 (size,).
        bits: bits of a level, 1 to 16.
    """

    levels: np.ndarray
    low: np.ndarray
    high: np.ndarray
    bits: int

    def codes(self) -> np.ndarray:
        """The codes that the levels represent, float32 (n, size)."""
        low, high = self.low.astype(np.float64), self.high.astype(np.float64)
        return (low + self.levels * ((high - low) / (2**self.bits - 1))).astype(np.float32)


def check_bits(bits: int) -> None:
    """Raises InputError unless `bits` is an integer from 1 to 16."""
    if isinstance(bits, bool) or not isinstance(bits, int) or not 1 <= bits <= MOST_BITS:
        raise InputError(f"`bits` must be a whole number from 1 to {MOST_BITS}. Received: {bits}.")


def quantize(codes: np.ndarray, bits: int) -> Quantized:
    """Rounds every dimension to the nearest of `2 ** bits` values, spaced evenly from its lowest to its highest value.

    Apart from float32 rounding, a code changes by at most half a step, `(high - low) / (2 ** bits - 1) / 2`. A
    dimension that is constant is unchanged.

    Args:
        codes: finite, (n, size), n and size at least 1.
        bits: 1 to 16.

    Raises:
        InputError: bits are out of range, there are no codes, or a code is not finite.
    """
    check_bits(bits)
    codes = np.asarray(codes, np.float32)
    if codes.ndim != 2 or codes.size == 0 or not np.isfinite(codes).all():
        raise InputError(f"codes must be finite numbers, (n, size). Received: {codes.shape}, or nan or inf among them.")
    low, high = codes.min(axis=0), codes.max(axis=0)
    # The difference of two float32 values can be too large for float32.
    span = high.astype(np.float64) - low
    scale = (2**bits - 1) / np.where(span > 0, span, 1.0)
    levels = np.rint((codes.astype(np.float64) - low) * scale).astype(np.uint16)
    return Quantized(levels, low, high, bits)


def pack(levels: np.ndarray, bits: int) -> bytes:
    """Packs integers one after the other with `bits` bits each, highest bit first; the last byte is padded with zeros.

    Args:
        levels: any shape, row by row, each from 0 to `2 ** bits - 1`.
        bits: 1 to 16.

    Returns:
        `ceil(levels.size * bits / 8)` bytes.

    Raises:
        InputError: bits are out of range, or a level does not fit into them.
    """
    check_bits(bits)
    flat = np.asarray(levels).ravel()
    if flat.size and not 0 <= flat.min() <= flat.max() < 2**bits:
        raise InputError(f"levels must be from 0 to {2**bits - 1}. Received: {flat.min()} to {flat.max()}.")
    octets = flat.astype(">u2").view(np.uint8).reshape(-1, 2)
    return np.packbits(np.unpackbits(octets, axis=1)[:, MOST_BITS - bits :]).tobytes()


def unpack(content: bytes, bits: int, count: int) -> np.ndarray:
    """Unpacks the integers of `pack`.

    Args:
        content: `packed_size(bits, count)` bytes.
        bits: 1 to 16.
        count: number of integers.

    Returns:
        uint16, (count,).

    Raises:
        InputError: bits are out of range, or the number of bytes is wrong.
    """
    check_bits(bits)
    if len(content) != packed_size(bits, count):
        raise InputError(
            f"{count} levels of {bits} bits must have {packed_size(bits, count)} bytes. Received: {len(content)}."
        )
    digits = np.unpackbits(np.frombuffer(content, np.uint8), count=count * bits).reshape(count, bits)
    levels = np.zeros(count, np.uint16)
    for digit in digits.T:
        levels <<= 1
        levels |= digit
    return levels


def packed_size(bits: int, count: int) -> int:
    """Number of bytes of `count` packed levels."""
    return (count * bits + 7) // 8
