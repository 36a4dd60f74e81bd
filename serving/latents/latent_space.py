"""Latents whose decoded pictures show a latent space. Every function returns latents, row by row, to decode."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist
from typing import Literal, get_args

import numpy as np

from serving.common.errors import InputError, require_among, require_at_least

EDGE = 0.02

Path = Literal["linear", "spherical"]


def manifold(
    size: int, side: int = 20, dimensions: Sequence[int] = (0, 1), draws: np.ndarray | None = None
) -> np.ndarray:
    """A square grid over two dimensions of a latent space, with even steps in the prior's probability.

    The coordinates are the quantiles of the prior from 2 % to 98 %, so that all rows and all columns of the grid are
    equally likely under the prior. The prior is the standard normal distribution, or the one that `draws` come from:
    then each dimension has its own empirical quantiles. The other dimensions stay at the prior's mean, which is zero,
    or at the mean of the draws.

    Args:
        size: length of a latent, at least 2.
        side: number of latents in a row and in a column.
        dimensions: the dimension that grows along a row, and the one that grows from row to row.
        draws: many latents of a prior that is not the standard normal distribution, (n, size).

    Returns:
        float32, (side * side, size).

    Raises:
        InputError: the latent is too short or does not have these dimensions, or the draws have another shape.

    Source: Kingma & Welling 2013, "Auto-Encoding Variational Bayes", figure 4.
    """
    require_at_least(2, size=size, side=side)
    check_dimensions(size, dimensions, 2)
    probabilities = np.linspace(EDGE, 1 - EDGE, side)
    if draws is None:
        mean = np.zeros(size, np.float32)
        axes = np.tile([NormalDist().inv_cdf(p) for p in probabilities], (2, 1))
    else:
        draws = _check_draws(draws, size)
        mean = draws.mean(axis=0)
        axes = np.quantile(draws[:, list(dimensions[:2])], probabilities, axis=0).T
    across, down = np.meshgrid(*axes)
    latents = np.tile(mean, (side * side, 1)).astype(np.float32)
    latents[:, dimensions[0]], latents[:, dimensions[1]] = across.ravel(), down.ravel()
    return latents


def interpolate(stations: np.ndarray, steps: int = 10, path: Path = "spherical", noise: int = 0) -> np.ndarray:
    """Latents on the path from each station to the next.

    Args:
        stations: (n, size), n at least 2.
        steps: number of latents from one station to the next, including both; a station between two others appears
            once.
        path: `linear`, or `spherical`: along the arc between the two directions, with a length that changes linearly,
            so that the latents stay where a normal prior has its mass.
        noise: how many of the last numbers are noise of layers, which is that of the first station everywhere.

    Returns:
        float32, ((n - 1) * (steps - 1) + 1, size).

    Raises:
        InputError: there are fewer than two stations or steps, or the path is unknown.

    Source: spherical: White 2016, "Sampling Generative Networks", section 2.1.
    """
    stations = np.asarray(stations, np.float32)
    if stations.ndim != 2 or len(stations) < 2:
        raise InputError(f"an interpolation must have at least two latents. Received: {stations.shape}.")
    require_at_least(2, steps=steps)
    require_among(get_args(Path), path=path)
    between = _linear if path == "linear" else _spherical
    fractions = np.linspace(0.0, 1.0, steps)[:-1, None]
    stations, kept = np.split(stations, [stations.shape[1] - noise], axis=1)
    ways = np.concatenate([*(between(a, b, fractions) for a, b in pairwise(stations)), stations[-1:]])
    return np.concatenate([ways, np.tile(kept[:1], (len(ways), 1))], axis=1).astype(np.float32)


def traverse(latent: np.ndarray, dimensions: Sequence[int], steps: int = 9, reach: float = 3.0) -> np.ndarray:
    """Moves one dimension at a time from `-reach` to `reach`, and keeps the others.

    Args:
        latent: (size,).
        dimensions: the dimensions to move, each in a row of its own.
        steps: number of latents in a row.
        reach: distance in units of the prior's standard deviation.

    Returns:
        float32, (len(dimensions) * steps, size).

    Raises:
        InputError: the latent does not have these dimensions, or there are fewer than two steps.
    """
    latent = np.asarray(latent, np.float32)
    check_dimensions(len(latent), dimensions, 1)
    require_at_least(2, steps=steps)
    latents = np.tile(latent, (len(dimensions), steps, 1))
    for row, dimension in enumerate(dimensions):
        latents[row, :, dimension] = np.linspace(-reach, reach, steps)
    return latents.reshape(-1, len(latent))


def check_dimensions(size: int, dimensions: Sequence[int], least: int) -> None:
    """Raises InputError if there are fewer than `least` dimensions, or if a latent of length `size` lacks one."""
    if len(dimensions) < least or any(not 0 <= d < size for d in dimensions):
        raise InputError(
            f"`dimensions` must be at least {least} of 0 to {size - 1}. Received: {', '.join(map(str, dimensions))}."
        )


def _check_draws(draws: np.ndarray, size: int) -> np.ndarray:
    draws = np.asarray(draws)
    if draws.ndim != 2 or draws.shape[1] != size or len(draws) == 0:
        raise InputError(f"`draws` must have the shape (n, {size}). Received: {draws.shape}.")
    return draws


def _linear(a: np.ndarray, b: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    return (1.0 - fractions) * a + fractions * b


def _spherical(a: np.ndarray, b: np.ndarray, fractions: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    if min(lengths) == 0:
        return _linear(a, b, fractions)
    first, second = a / lengths[0], b / lengths[1]
    angle = np.arccos(np.clip(first @ second, -1.0, 1.0))
    # Parallel directions have no arc between them, and opposite ones have no unique arc: both get the straight line.
    if np.sin(angle) < 1e-6:
        return _linear(a, b, fractions)
    direction = (np.sin((1.0 - fractions) * angle) * first + np.sin(fractions * angle) * second) / np.sin(angle)
    return direction * _linear(np.asarray(lengths[0]), np.asarray(lengths[1]), fractions)
