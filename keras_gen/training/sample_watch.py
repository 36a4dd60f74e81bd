"""Quick figures of a generator from a few samples, relative to those of the data."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from serving.common.classes import class_labels
from serving.common.points import is_point

SAMPLES = 256
DUPLICATE = 0.2

Classify = Callable[[np.ndarray], np.ndarray]


class SampleWatch:
    """Measures 256 samples, always of the same latents, against as many pictures of the data.

    - `sample_broken`: share with a pixel that is not finite; if fewer than two are left, nothing else is measured.
    - `sample_diversity`: mean distance of two samples, as a share of that of two pictures of the data. A distance is
      the root of the mean square over values. 1 where all pictures of the data are alike.
    - `sample_duplicates`: share of samples with another one nearer than 0.2 of the median distance from a picture of
      the data to its nearest neighbour. No two of 256 pictures of MNIST, Fashion-MNIST or the 8x8 digits are nearer
      than 0.25 of it. Not of points of the plane, which lie near each other by chance.
    - with a classifier, `sample_modes`: classes found among samples, as a share of those that it finds among the
      pictures of the data; or, where the model is told the class, `sample_agreement`: share of samples of the class
      asked for.

    Args:
        pictures: of the data, (n, height, width, channels) in [-1, 1]; 256 chosen at random.
        classify: float pictures in [-1, 1] to the labels found, (n,).
        seed: seed of the samples.

    Source: duplicates: Arora et al. 2018, "Do GANs learn the distribution? Some Theory and Empirics"; modes: Metz et
    al. 2017, "Unrolled Generative Adversarial Networks", section 3.3.1.
    """

    def __init__(self, pictures: np.ndarray, classify: Classify | None = None, seed: int = 0) -> None:
        self.pictures = pictures
        self.classify = classify
        self.seed = seed
        self.tells_duplicates = not is_point(pictures.shape[1:])
        distances = pairwise_distances(pictures)
        self.spread = mean_distance(distances)
        self.nearest = float(np.median(distances.min(axis=1))) if self.spread else 0.0

    def __call__(self, model: keras.Model) -> dict[str, float]:
        """The figures of a model that has `sample`."""
        samples = np.asarray(model.sample(SAMPLES, self.seed))
        whole = np.isfinite(samples).all(axis=(1, 2, 3))
        figures = {"sample_broken": 1.0 - float(whole.mean())}
        if whole.sum() < 2:
            return figures
        distances = pairwise_distances(samples[whole])
        figures["sample_diversity"] = mean_distance(distances) / self.spread if self.spread else 1.0
        if self.tells_duplicates:
            figures["sample_duplicates"] = float((distances.min(axis=1) < DUPLICATE * self.nearest).mean())
        return {**figures, **self._classes(model, samples, whole)}

    def names(self, labelled: bool) -> list[str]:
        """The names of the figures of a model that is told classes, or not."""
        names = ["sample_broken", "sample_diversity", *(["sample_duplicates"] if self.tells_duplicates else [])]
        return names if self.classify is None else [*names, "sample_agreement" if labelled else "sample_modes"]

    def _classes(self, model: keras.Model, samples: np.ndarray, whole: np.ndarray) -> dict[str, float]:
        if self.classify is None:
            return {}
        found = self.classify(samples[whole])
        if model.spec.labelled:
            asked = class_labels(SAMPLES, len(model.spec.classes))[whole]
            return {"sample_agreement": float((found == asked).mean())}
        return {"sample_modes": len(np.unique(found)) / len(np.unique(self.classify(self.pictures)))}


def pairwise_distances(pictures: np.ndarray) -> np.ndarray:
    """Distances between all pictures, (n, n), the root of the mean square over values; infinite on the diagonal."""
    flat = pictures.reshape(len(pictures), -1).astype(np.float64)
    squares = np.square(flat).sum(axis=1)
    squared = squares[:, None] + squares - 2.0 * flat @ flat.T
    distances = np.sqrt(np.maximum(squared, 0.0) / flat.shape[1])
    np.fill_diagonal(distances, np.inf)
    return distances


def mean_distance(distances: np.ndarray) -> float:
    """The mean over all pairs; 0 where there is none."""
    return float(distances[np.isfinite(distances)].mean()) if len(distances) > 1 else 0.0
