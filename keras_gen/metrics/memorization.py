"""Whether samples are copies of training pictures: by features, where a copy may be moved by a pixel."""

from __future__ import annotations

import numpy as np

from keras_gen.metrics.feature_sets import check_features
from serving.latents.neighbours import nearest_neighbours


def authenticity(features: np.ndarray, training: np.ndarray, near: np.ndarray) -> float:
    """Share of samples that are farther from their nearest training picture than that one is from its nearest other.

    Args:
        features: (n, d) of samples.
        training: (m, d) of training pictures, at least 2.
        near: (m,) distances of the training pictures to their nearest others.

    Returns:
        0 for copies. What other pictures of the same distribution have depends on it: compare with test pictures.

    Raises:
        InputError: widths that differ, too few rows, or features that are not finite.

    Source: Alaa et al. 2022, "How Faithful is your Synthetic Data? Sample-level Metrics for Evaluating and Auditing
    Generative Models", section 3.3.
    """
    check_features(features, training, least=1)
    rows, distances = (found[:, 0] for found in nearest_neighbours(features, training))
    return float((distances > near[rows]).mean())


def copying_rank(features: np.ndarray, training: np.ndarray, test: np.ndarray) -> float:
    """Probability that a sample is farther from the training pictures than a test picture is, ties counted half.

    It is the Mann-Whitney statistic of both distances, over the number of pairs, which the z-score of the source
    standardizes, for one cell.

    Args:
        features: (n, d) of samples.
        training: (m, d) of training pictures.
        test: (k, d) of test pictures.

    Returns:
        0.5 where samples are as far away as new pictures, below where they are copied, and above where they miss the
        data.

    Raises:
        InputError: widths that differ, no rows, or features that are not finite.

    Source: Meehan et al. 2020, "A Non-Parametric Test to Detect Data-Copying in Generative Models", section 3.
    """
    check_features(features, training, least=1)
    check_features(test, training, least=1)
    of_samples, of_test = (np.sort(nearest_neighbours(part, training)[1][:, 0]) for part in (features, test))
    below = np.searchsorted(of_test, of_samples, side="left")
    at_most = np.searchsorted(of_test, of_samples, side="right")
    return float((below + at_most).mean() / (2 * len(of_test)))
