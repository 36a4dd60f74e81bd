"""An attribute of pictures as a direction in a latent space, along which other pictures can be moved.

Source: Larsen et al. 2016, "Autoencoding beyond pixels using a learned similarity metric", section 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from serving.common.errors import InputError


def direction(positive_codes: np.ndarray, negative_codes: np.ndarray) -> np.ndarray:
    """The visual attribute vector: the mean code with the attribute minus the mean code without it.

    Args:
        positive_codes: codes of pictures with the attribute, (n, size).
        negative_codes: codes of pictures without it, (m, size).

    Returns:
        float32, (size,).

    Raises:
        InputError: there is no positive or no negative code, or their lengths differ.
    """
    means = [
        _codes(name, codes).mean(axis=0, dtype=np.float64)
        for name, codes in (("positive", positive_codes), ("negative", negative_codes))
    ]
    if means[0].shape != means[1].shape:
        raise InputError(
            f"positive and negative codes must have one length. Received: {means[0].size} and {means[1].size}."
        )
    return (means[0] - means[1]).astype(np.float32)


def move(codes: np.ndarray, direction: np.ndarray, strengths: Sequence[float]) -> np.ndarray:
    """Moves every code along a direction by every strength: `code + strength * direction`.

    Args:
        codes: (n, size).
        direction: (size,).
        strengths: multiples of the direction; 0 leaves a code unchanged.

    Returns:
        float32, (n * len(strengths), size): the moves of the first code, then of the second, ...

    Raises:
        InputError: there are no strengths, one is not finite, or the direction has another length than the codes.
    """
    codes, direction = np.asarray(codes, np.float32), np.asarray(direction, np.float32)
    if codes.ndim != 2 or direction.shape != codes.shape[1:]:
        raise InputError(f"a direction must be as long as the codes, {codes.shape}. Received: {direction.shape}.")
    steps = np.asarray(strengths, np.float32)
    if steps.size == 0 or not np.isfinite(steps).all():
        raise InputError(f"`strengths` must be at least one finite number. Received: {list(strengths)}.")
    return (codes[:, None] + steps[:, None] * direction).reshape(-1, codes.shape[1])


def _codes(name: str, codes: np.ndarray) -> np.ndarray:
    codes = np.asarray(codes, np.float32)
    if codes.ndim != 2 or len(codes) == 0:
        raise InputError(f"an attribute must have at least one {name} example. Received: codes {codes.shape}.")
    return codes
