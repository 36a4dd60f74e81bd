"""Looking at a latent space through the decoder."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from serving.errors import InputError
from serving.sampler import Sampler

EDGE = 0.02


def manifold(sampler: Sampler, side: int = 20) -> np.ndarray:
    """Pictures over a 2-D latent space, spaced evenly in the prior's probability.

    Row and column quantiles run from 2 % to 98 % and pass through the normal's inverse distribution
    function, so that every part of the grid is as likely as any other under the prior.

    Args:
        sampler: a bundle with a latent of size 2.
        side: pictures in a row and in a column.

    Returns:
        (side * side, height, width, channels), row by row; the first latent grows along a row, the second
        down the rows.

    Raises:
        InputError: a latent of another size.

    Source: Kingma & Welling 2013, "Auto-Encoding Variational Bayes", figure 4.
    """
    if sampler.latent.size != 2:
        raise InputError(f"a manifold must have a latent of size 2. Received: {sampler.latent.size}.")
    quantiles = np.array([NormalDist().inv_cdf(p) for p in np.linspace(EDGE, 1 - EDGE, side)], np.float32)
    across, down = np.meshgrid(quantiles, quantiles)
    return sampler.decode(np.stack([across.ravel(), down.ravel()], axis=-1))
