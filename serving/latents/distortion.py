"""Differences between pictures and their originals."""

from __future__ import annotations

import numpy as np

from serving.common.errors import InputError

RANGE = 2.0


def psnr(images: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio, `10 log10 (range^2 / mean squared error)`, of each pair.

    Args:
        images: (n, height, width, channels) in [-1, 1].
        references: same shape.

    Returns:
        (n,), decibels; infinite for equal pictures.

    Raises:
        InputError: the shapes differ.
    """
    check_same_shape(images, references)
    error = np.square(images.astype(np.float64) - references).mean(axis=(1, 2, 3))
    with np.errstate(divide="ignore"):
        return 10.0 * np.log10(RANGE**2 / error)


def check_same_shape(images: np.ndarray, references: np.ndarray) -> None:
    """Raises InputError unless both are (n, height, width, channels) and equal in shape."""
    if images.shape != references.shape or images.ndim != 4:
        raise InputError(
            f"pictures must be compared with as many of one shape. Received: {images.shape} and {references.shape}."
        )
