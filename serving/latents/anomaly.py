"""Which pictures are unlike those that a model was trained on: scores, a threshold, and how well they tell apart.

A score is a number for each picture, higher for what is less usual. Nothing here needs ONNX Runtime.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from serving.common.errors import InputError
from serving.common.images import to_float

# Added to the variances of codes, relative to their mean, for codes that never change.
LEAST_SHARE = 1e-6


def errors_of_pixels(images: np.ndarray, reconstructions: np.ndarray) -> np.ndarray:
    """Squared error of each pixel, the mean over channels, where black is -1 and white is 1.

    Args:
        images: (n, height, width, channels), uint8, or floats in [-1, 1].
        reconstructions: likewise.

    Returns:
        float32, (n, height, width), from 0 to 4.

    Raises:
        InputError: pictures of two shapes.
    """
    if images.shape != reconstructions.shape:
        raise InputError(
            f"pictures and reconstructions must have one shape. Received: {images.shape}, {reconstructions.shape}."
        )
    return np.square(as_float(images) - as_float(reconstructions)).mean(axis=-1)


def as_float(images: np.ndarray) -> np.ndarray:
    """Pictures as float32 in [-1, 1]."""
    return to_float(images) if images.dtype == np.uint8 else np.asarray(images, np.float32)


@dataclass(frozen=True)
class CodeDistances:
    """Mahalanobis distances from the codes of usual pictures.

    Attributes:
        mean: of those codes, (size,).
        whitening: (size, size), by which a deviation is multiplied to have the identity as its covariance.
    """

    mean: np.ndarray
    whitening: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray) -> CodeDistances:
        """Fitted to the codes of usual pictures, (n, size).

        Raises:
            InputError: fewer codes than numbers in one, plus one.
        """
        n, size = codes.shape
        if n <= size:
            raise InputError(f"a covariance of {size} numbers must be of more codes than that. Received: {n} codes.")
        covariance = np.cov(np.asarray(codes, np.float64), rowvar=False).reshape(size, size)
        covariance += (LEAST_SHARE * np.trace(covariance) / size + np.finfo(np.float64).tiny) * np.eye(size)
        return cls(codes.mean(axis=0, dtype=np.float64), np.linalg.inv(np.linalg.cholesky(covariance)).T)

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        """The distance of each code, (n,), in standard deviations."""
        return np.linalg.norm((codes - self.mean) @ self.whitening, axis=1)


def negative_bound(
    images: np.ndarray,
    decoded: np.ndarray,
    mean: np.ndarray,
    log_variance: np.ndarray,
    likelihood: str,
    sigma: float | None,
) -> np.ndarray:
    """`-log p(x|z) + KL(q(z|x) || p(z))` with the standard normal prior: the negative evidence lower bound of a VAE, of
    one draw z or of the posterior's mean.

    Args:
        images: (n, height, width, channels), uint8, or floats in [-1, 1].
        decoded: the mean pictures of the latents, likewise. What was rounded to 256 levels gives what lies within a
            level a probability of at least half of it.
        mean: of the posteriors, (n, size).
        log_variance: likewise.
        likelihood: `bernoulli`, `continuous_bernoulli`, `gaussian` or `discretized_logistic`.
        sigma: scale of a pixel under the last two.

    Returns:
        float64, (n,), nats.

    Raises:
        InputError: another likelihood, or a scale that is missing.
    """
    if likelihood not in PIXELS:
        raise InputError(f"the likelihood must be one of {', '.join(PIXELS)}. Received: {likelihood!r}.")
    if sigma is None and likelihood in SCALED:
        raise InputError(f"the likelihood {likelihood!r} must have a scale. Received: none.")
    x, centre = (np.asarray(as_float(part), np.float64) for part in (images, decoded))
    nll = PIXELS[likelihood](x, centre, 1.0 if sigma is None else sigma).reshape(len(x), -1).sum(axis=1)
    spread = np.asarray(log_variance, np.float64)
    return nll + 0.5 * (np.square(mean) + np.exp(spread) - 1.0 - spread).sum(axis=1)


def threshold(scores: np.ndarray, false_alarms: float) -> float:
    """The score above which a usual picture lies with at most this probability.

    Args:
        scores: of usual pictures that nothing else was fitted to, (n,).
        false_alarms: above 0 and below 1.

    Returns:
        One of the scores. Where a further usual picture is drawn like these n, the chance that it lies above is at most
        `false_alarms`, on average over such draws.

    Raises:
        InputError: a rate out of range, or too few scores for it.

    Source: Vovk et al. 2005, "Algorithmic Learning in a Random World" (inductive conformal prediction).
    """
    if not 0 < false_alarms < 1:
        raise InputError(f"the rate of false alarms must be above 0 and below 1. Received: {false_alarms}.")
    place = math.ceil((len(scores) + 1) * (1 - false_alarms))
    if place > len(scores):
        needed = math.ceil(1 / false_alarms) - 1
        raise InputError(
            f"a rate of false alarms of {false_alarms} must have at least {needed} usual pictures. "
            f"Received: {len(scores)}."
        )
    return float(np.sort(scores)[place - 1])


def auroc(scores: np.ndarray, unusual: np.ndarray) -> float:
    """Area under the receiver operating characteristic: how often an unusual picture has the higher score of a pair.

    Args:
        scores: (n,).
        unusual: (n,) bool.

    Returns:
        0 to 1; 0.5 of scores that say nothing. Equal scores count half.

    Raises:
        InputError: pictures of one kind alone.
    """
    scores, unusual = np.asarray(scores, np.float64), np.asarray(unusual, bool)
    high = int(unusual.sum())
    low = len(unusual) - high
    if not high or not low:
        raise InputError(f"both usual and unusual pictures are needed. Received: {low} usual and {high} unusual.")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[unusual].sum() - high * (high + 1) / 2) / (high * low))


def heat_map(errors: np.ndarray, highest: float) -> np.ndarray:
    """Errors as colours from black over red and yellow to white.

    Args:
        errors: (height, width), at least 0.
        highest: the error that is white, above 0.

    Returns:
        uint8, (height, width, 3).
    """
    warmth = 3.0 * np.clip(errors / highest, 0.0, 1.0)[..., None] - np.arange(3)
    return np.rint(255.0 * np.clip(warmth, 0.0, 1.0)).astype(np.uint8)


def _bernoulli(x: np.ndarray, centre: np.ndarray, sigma: float) -> np.ndarray:
    target, share = (x + 1) / 2, _probability(centre)
    return -(target * np.log(share) + (1 - target) * np.log1p(-share))


def _continuous_bernoulli(x: np.ndarray, centre: np.ndarray, sigma: float) -> np.ndarray:
    """The mean is `e^l / (e^l - 1) - 1 / l` of the log-odds l, which is found by halving an interval."""
    wanted = _probability(centre)
    low, high = np.full_like(wanted, -1000.0), np.full_like(wanted, 1000.0)
    for _ in range(50):
        middle = (low + high) / 2
        below = _mean(middle) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    odds = (low + high) / 2
    small = np.abs(odds) < 1e-3
    safe = np.where(small, 1.0, odds)
    log_constant = np.where(small, math.log(2.0), np.log(safe / np.tanh(safe / 2)))
    return np.logaddexp(0.0, odds) - (x + 1) / 2 * odds - log_constant


def _mean(odds: np.ndarray) -> np.ndarray:
    safe = np.where(np.abs(odds) < 1e-3, 1.0, odds)
    return np.where(np.abs(odds) < 1e-3, 0.5 + odds / 12, 0.5 + 0.5 / np.tanh(safe / 2) - 1 / safe)


def _gaussian(x: np.ndarray, centre: np.ndarray, sigma: float) -> np.ndarray:
    return 0.5 * np.square((x - centre) / sigma) + math.log(sigma) + 0.5 * math.log(2 * math.pi)


def _discretized_logistic(x: np.ndarray, centre: np.ndarray, sigma: float) -> np.ndarray:
    half = 1.0 / 255.0
    above, below = (x - centre + half) / sigma, (x - centre - half) / sigma
    # -log(sigmoid(above) - sigmoid(below)), exact in the tails.
    black, white = np.logaddexp(0.0, -above), np.logaddexp(0.0, below)
    inside = black + white - math.log(-math.expm1(-2 * half / sigma))
    return np.where(x < -1 + half, black, np.where(x > 1 - half, white, inside))


def _probability(centre: np.ndarray) -> np.ndarray:
    """A grey level as a probability, half a level away from certainty."""
    return np.clip((centre + 1) / 2, 1 / 512, 1 - 1 / 512)


SCALED = ("gaussian", "discretized_logistic")
PIXELS = {
    "bernoulli": _bernoulli,
    "continuous_bernoulli": _continuous_bernoulli,
    "gaussian": _gaussian,
    "discretized_logistic": _discretized_logistic,
}
