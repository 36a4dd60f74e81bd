"""Directions in which a generator's pictures change most, found in its weights alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from serving.common.errors import InputError, require_at_least


def closed_form_directions(weights: Sequence[np.ndarray], count: int) -> np.ndarray:
    """The directions that move what the first layers make of a latent most: the eigenvectors of `A^T A` with the
    largest eigenvalues, where `A` has the weights of all these layers, one below the other.

    Args:
        weights: of layers `y = A z + b` that take the latent, (outputs, latent size) each.
        count: how many directions, the strongest first; at most the latent size.

    Returns:
        float32, (count, latent size), of length 1; the number of each that is farthest from 0 is positive.

    Raises:
        InputError: no weights, weights of several latent sizes, or another count.

    Source: Shen & Zhou 2021, "Closed-Form Factorization of Latent Semantics in GANs", equation 5.
    """
    sizes = {np.asarray(each).shape[-1] for each in weights}
    if len(sizes) != 1:
        raise InputError(f"directions must be of layers with one latent size. Received: {sorted(sizes)}.")
    size = sizes.pop()
    require_at_least(1, count=count)
    if count > size:
        raise InputError(f"`count` must be at most {size}, the size of the latent. Received: {count}.")
    stacked = np.concatenate([np.asarray(each, np.float64) for each in weights])
    directions = np.linalg.eigh(stacked.T @ stacked)[1].T[::-1][:count]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
    return (directions * np.sign(largest)).astype(np.float32)


def along(latent: np.ndarray, directions: np.ndarray, steps: int = 9, reach: float = 3.0) -> np.ndarray:
    """Moves a latent along one direction at a time, from `-reach` to `reach` times the direction.

    Args:
        latent: (size,).
        directions: (n, at most size); numbers behind them, such as noise of layers, stay.
        steps: number of latents in a row.
        reach: see above.

    Returns:
        float32, (n * steps, size).

    Raises:
        InputError: directions that are longer, or fewer than two steps.
    """
    latent, directions = np.asarray(latent, np.float32), np.asarray(directions, np.float32)
    require_at_least(2, steps=steps)
    if directions.ndim != 2 or directions.shape[1] > len(latent):
        raise InputError(f"directions must be (n, at most {len(latent)}). Received: {directions.shape}.")
    latents = np.tile(latent, (len(directions), steps, 1))
    latents[:, :, : directions.shape[1]] += np.linspace(-reach, reach, steps)[None, :, None] * directions[:, None]
    return latents.reshape(-1, len(latent))
