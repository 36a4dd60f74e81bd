"""How much the answers of a translator with noise differ, and whether one of them is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from keras_gen.metrics.figure import Figure
from serving.common.images import to_float
from serving.common.noise import standard_normal

ANSWERS = 10


@dataclass(frozen=True)
class Answers:
    """A translator with noise.

    Attributes:
        size: length of its latents, at least 1.
        of: pictures in [-1, 1], (n, height, width, channels), and latents, (n, size), to as many translations.
    """

    size: int
    of: Callable[[np.ndarray, np.ndarray], np.ndarray]


def variants(
    answers: Answers, given: np.ndarray, real: np.ndarray, paired: bool, data: str, seed: int
) -> Iterator[Figure]:
    """Figures of ten answers to each picture, those of the latents 0 to 9 of a seed.

    `diversity` is the mean absolute difference between answers to one picture, as a share of that between two real
    pictures. For pairs, `best_of_10_l1` is the mean absolute error of the best answer to each picture, in units of
    [-1, 1], and `zero_latent_l1` that of the one answer of the latent 0, the middle of the distribution. If the answers
    held nothing of the truth that the middle does not, the first would be no smaller.

    Args:
        answers: the translator.
        given: pictures to translate, in [-1, 1], at least 2.
        real: pictures of the target domain, in grey levels or [-1, 1]; for pairs the truth of each.
        paired: whether they belong together.
        data: what they are called.
        seed: of the latents, and of the pairs of real pictures.

    Source: Zhu et al. 2017, "Toward Multimodal Image-to-Image Translation", section 5: diversity as the distance
    between random answers beside that of random real images, here in pixels.
    """
    truth = to_float(real)
    latents = standard_normal(seed, ANSWERS, answers.size)
    differences, best = [], np.full(len(given), np.inf)
    for first, second in latents.reshape(ANSWERS // 2, 2, answers.size):
        made = [answers.of(given, np.repeat(each[None], len(given), axis=0)) for each in (first, second)]
        differences.append(_distance(*made).mean())
        if paired:
            best = np.minimum(best, [_distance(each, truth) for each in made]).min(axis=0)
    between = _between(truth, seed)
    settings = {"answers": ANSWERS, "seed": seed}
    told = {**settings, "between real pictures": float(f"{between:.4g}")}
    yield Figure("diversity", float(np.mean(differences) / between), "", data, len(given), told)
    if paired:
        middle = _distance(answers.of(given, np.zeros((len(given), answers.size), np.float32)), truth)
        yield Figure("best_of_10_l1", float(best.mean()), "", data, len(given), settings)
        yield Figure("zero_latent_l1", float(middle.mean()), "", data, len(given))


def _between(real: np.ndarray, seed: int) -> float:
    """Mean absolute difference of pictures and their next neighbours in a random order."""
    order = np.random.default_rng(seed).permutation(len(real))
    return float(_distance(real[order], real[np.roll(order, 1)]).mean())


def _distance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Mean absolute difference of each picture from the other, (n,)."""
    return np.abs(one - other).mean(axis=(1, 2, 3), dtype=np.float64)
