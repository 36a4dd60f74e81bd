"""A search for latents that needs no gradient: only what pictures a decoder makes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

# Latents and numbers of their rows to what is least where a picture is nearest, (n,).
Objective = Callable[[np.ndarray, np.ndarray], np.ndarray]
FIRST_STEP = 0.5


def evolved(objective: Objective, starts: np.ndarray, generations: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The best latents that a separable CMA-ES finds, every row on its own.

    Args:
        objective: (m, size) latents, and for each the row of `starts` that it is for, to values.
        starts: (n, size), the first means.
        generations: of 4 + 3 ln(size) latents each.
        seed: of the draws.

    Returns:
        (n, size) float32, and their values (n,); no worse than those of `starts`.

    Source: Ros & Hansen 2008, "A Simple Modification in CMA-ES Achieving Linear Time and Space Complexity".
    """
    n, size = starts.shape
    generator = np.random.default_rng(seed)
    many = 4 + int(3 * math.log(size)) if size > 1 else 4
    weights = np.log(many // 2 + 0.5) - np.log(np.arange(1, many // 2 + 1))
    weights /= weights.sum()
    effective = 1 / np.sum(weights**2)
    path_rate = (effective + 2) / (size + effective + 5)
    damping = 1 + 2 * max(0.0, math.sqrt((effective - 1) / (size + 1)) - 1) + path_rate
    slow = 4 / (size + 4)
    of_path = 2 / ((size + 1.3) ** 2 + effective) * (size + 2) / 3
    of_ranks = 2 * (effective - 2 + 1 / effective) / ((size + 2) ** 2 + effective) * (size + 2) / 3
    of_path, of_ranks = min(of_path, 0.5), min(of_ranks, 0.5)
    expected = math.sqrt(size) * (1 - 1 / (4 * size) + 1 / (21 * size**2))
    rows = np.arange(n)
    mean, step = starts.astype(np.float64), np.full((n, 1), FIRST_STEP)
    variance, path, conjugate = np.ones((n, size)), np.zeros((n, size)), np.zeros((n, size))
    best, least = starts.astype(np.float32), objective(starts.astype(np.float32), rows)
    for _ in range(generations):
        drawn = generator.standard_normal((n, many, size))
        moves = np.sqrt(variance)[:, None] * drawn
        tried = (mean[:, None] + step[:, None] * moves).astype(np.float32)
        values = objective(tried.reshape(-1, size), np.repeat(rows, many)).reshape(n, many)
        order = np.argsort(values, axis=1)[:, : len(weights)]
        first = order[:, 0]
        better = values[rows, first] < least
        best = np.where(better[:, None], tried[rows, first], best)
        least = np.where(better, values[rows, first], least)
        chosen = np.take_along_axis(moves, order[..., None], axis=1)
        move = np.einsum("k,nkd->nd", weights, chosen)
        mean = mean + step * move
        conjugate = (1 - path_rate) * conjugate + math.sqrt(path_rate * (2 - path_rate) * effective) * move / np.sqrt(
            variance
        )
        length = np.linalg.norm(conjugate, axis=1, keepdims=True)
        steady = length < (1.4 + 2 / (size + 1)) * expected * math.sqrt(path_rate * (2 - path_rate) + 1)
        path = (1 - slow) * path + steady * math.sqrt(slow * (2 - slow) * effective) * move
        spread = np.einsum("k,nkd->nd", weights, chosen**2)
        variance = (1 - of_path - of_ranks) * variance + of_path * path**2 + of_ranks * spread
        step = step * np.exp(path_rate / damping * (length / expected - 1))
    return best, least
