"""The latents of a seed, computed with NumPy: the reference for the graph inside `sampler.onnx`.

Element `i` (counted row by row from the first picture) of seed `s` is drawn from one 64-bit word,

    word(i) = mix(mix(s) + (i + 1) * GOLDEN)        (SplitMix64, Steele et al. 2014, modulo 2^64)

whose top 24 bits and the 24 bits below them give the two uniforms of a Box-Muller transform. A picture
therefore depends only on its seed and its index, and not on how many others are drawn, or on which machine.
"""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np

from serving.common.errors import InputError, shown

GOLDEN = 0x9E3779B97F4A7C15
MULTIPLIERS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
SHIFTS = (30, 27, 31)
UNIFORM_BITS = 24
INT64 = np.iinfo(np.int64)


def standard_normal(seed: int, n: int, size: int, start: int = 0) -> np.ndarray:
    """Draws the latents of the pictures `start` to `start + n - 1` of a seed.

    Args:
        seed: any 64-bit signed integer.
        n: number of latents.
        size: length of a latent.
        start: index of the first picture.

    Returns:
        float32, shape (n, size), standard normal, within +-5.8.

    Raises:
        InputError: the seed is not a 64-bit integer.
    """
    check_seed(seed)
    index = np.arange(start * size + 1, (start + n) * size + 1, dtype=np.uint64)
    base = _mix(np.array([seed], dtype=np.int64).view(np.uint64))
    word = _mix(base + index * np.uint64(GOLDEN))
    mask = np.uint64((1 << UNIFORM_BITS) - 1)
    first = (word >> np.uint64(64 - UNIFORM_BITS)).astype(np.float32)
    second = ((word >> np.uint64(64 - 2 * UNIFORM_BITS)) & mask).astype(np.float32)
    step = np.float32(2.0**-UNIFORM_BITS)
    radius = np.sqrt(np.float32(-2.0) * np.log((first + np.float32(1.0)) * step))
    angle = np.float32(2.0 * np.pi) * (second * step)
    return (radius * np.cos(angle)).reshape(n, size)


def check_seed(seed: int) -> None:
    """Raises InputError if the seed is not a signed 64-bit integer."""
    whole = isinstance(seed, Integral) and not isinstance(seed, bool)
    if not whole or not INT64.min <= seed <= INT64.max:
        raise InputError(f"`seed` must be a 64-bit integer. Received: {shown(seed)}.")


def check_truncation(truncation: float) -> None:
    """Raises InputError if the truncation is not above 0; infinity means no truncation."""
    if not isinstance(truncation, Real) or not truncation > 0:
        raise InputError(f"`truncation` must be above 0. Received: {shown(truncation)}.")


def _mix(word: np.ndarray) -> np.ndarray:
    for shift, multiplier in zip(SHIFTS, MULTIPLIERS, strict=False):
        word = (word ^ (word >> np.uint64(shift))) * np.uint64(multiplier)
    return word ^ (word >> np.uint64(SHIFTS[-1]))
