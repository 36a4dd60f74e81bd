"""Mixtures of Gaussians in the plane, whose modes and densities are known.

Source: Srivastava et al. 2017, "VEEGAN", section 4.1; Lin et al. 2018, "PacGAN", section 4; both shrunk into [-1, 1].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Mixture:
    """Gaussians of equal weight and one deviation along both axes.

    Attributes:
        centres: (modes, 2).
        deviation: see above.
    """

    centres: np.ndarray
    deviation: float

    def draw(self, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """`n` points, float32 (n, 2), and the mode of each, int64 (n,)."""
        random = np.random.default_rng(seed)
        modes = random.integers(len(self.centres), size=n)
        points = self.centres[modes] + self.deviation * random.standard_normal((n, 2))
        return points.astype(np.float32), modes

    def shares(self, edges: np.ndarray) -> np.ndarray:
        """The probability of every cell of a grid, in closed form.

        Args:
            edges: (k + 1,) rising coordinates of the cells' borders, the same along both axes.

        Returns:
            (k, k), the first index along the first coordinate; what lies outside is missing from the sum.
        """
        along = [self._distribution(edges, axis) for axis in (0, 1)]
        return np.einsum("mi,mj->ij", *(np.diff(each, axis=1) for each in along)) / len(self.centres)

    def _distribution(self, edges: np.ndarray, axis: int) -> np.ndarray:
        """How probable a coordinate below each edge is, by mode, (modes, k + 1)."""
        deviates = (edges - self.centres[:, axis, None]) / (self.deviation * math.sqrt(2.0))
        return 0.5 * (1.0 + np.vectorize(math.erf)(deviates))


def ring() -> Mixture:
    """8 Gaussians on a circle, whose deviation is 1/100 of its radius."""
    angles = np.arange(8) * (2 * np.pi / 8)
    return Mixture(0.8 * np.stack([np.cos(angles), np.sin(angles)], axis=1), 0.008)


def grid() -> Mixture:
    """25 Gaussians, 5 by 5, whose deviation is 1/40 of their spacing."""
    places = np.linspace(-0.8, 0.8, 5)
    return Mixture(np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2), 0.01)


MIXTURES = {"ring": ring, "grid": grid}
