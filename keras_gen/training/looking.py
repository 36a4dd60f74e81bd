"""What is wrong with a batch that `fit`, `evaluate` or `predict` was given, said in one line."""

from __future__ import annotations

import warnings

import numpy as np
import tensorflow as tf

from serving.common.errors import InputError

# Arithmetic that brings pictures to [-1, 1] may end a hair outside of it.
LIMIT = 1.001
EIGHT_BITS, SIXTEEN_BITS = 255, 65535
# Some value of pictures in [0, 1] is below this; a few bright pictures in [-1, 1] may all be above.
DARK = 0.05


def check_pictures(what: str, pictures: np.ndarray) -> None:
    """Raises InputError for pictures that are not in [-1, 1]; warns of a batch that is in [0, 1].

    Args:
        what: names them.
        pictures: (batch, height, width, channels) float32.
    """
    if pictures.size == 0:
        return
    low, high = float(pictures.min()), float(pictures.max())
    if not np.isfinite([low, high]).all():
        broken = int((~np.isfinite(pictures)).any(axis=(1, 2, 3)).sum())
        raise InputError(f"{what} must be finite. Received: nan or inf in {broken} of {len(pictures)}.")
    if low < -LIMIT or high > LIMIT:
        raise InputError(f"{what} must be floats in [-1, 1]. Received: {low:g} to {high:g}.{_scaling(low, high)}")
    if 0 <= low < DARK and low < high <= 1:
        warnings.warn(
            f"{what} should be floats in [-1, 1]. Received: {low:g} to {high:g}; where black is 0 and white is 1, give "
            "`2 * x - 1`.",
            stacklevel=2,
        )


def require_floats(what: str, pictures: tf.Tensor) -> tf.Tensor:
    """Pictures as float32. Raises InputError for integers, whose range is that of their type."""
    if pictures.dtype.is_floating:
        return tf.cast(pictures, tf.float32)
    kind = pictures.dtype.name
    deepest = {"uint8": EIGHT_BITS, "uint16": SIXTEEN_BITS}.get(kind)
    raise InputError(f"{what} must be floats in [-1, 1]. Received: {kind}.{_scaling(0, deepest) if deepest else ''}")


def check_weights(what: str, weights: np.ndarray) -> None:
    """Raises InputError for weights that are negative or not finite."""
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        raise InputError(f"{what} must be finite and at least 0. Received: {weights[wrong][0]:g}.")


def _scaling(low: float, high: float) -> str:
    """How pictures of a range that is common are brought to [-1, 1]."""
    for most in (EIGHT_BITS, SIXTEEN_BITS):
        if low >= 0 and high <= most:
            return f" Give `x / {most / 2} - 1` of numbers from 0 to {most}."
    return ""
