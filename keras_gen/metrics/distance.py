"""The Fréchet distance of what a model makes while it is trained, in the features of `keras-gen evaluate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TypeAlias

import keras
import numpy as np

from keras_gen.data import Source
from keras_gen.data.translation import Domains
from keras_gen.metrics.classifier import FEATURES, Classifier
from keras_gen.metrics.frechet import frechet_distance
from keras_gen.metrics.generation import drawn_pictures
from keras_gen.metrics.translation import translations_of
from serving.common.errors import InputError
from serving.common.images import to_float

FRECHET = "frechet_distance"
Made: TypeAlias = Callable[[keras.Model], np.ndarray]


class Distance:
    """`frechet_distance` of what a model makes to pictures; nothing where what it makes is not finite, of which another
    alarm tells.

    Args:
        made: of a model, (n, height, width, channels) in [-1, 1], n of at least 129.
        pictures: as many real ones or others, at least 129.
        classifier: gives the features.
    """

    def __init__(self, made: Made, pictures: np.ndarray, classifier: Callable[[], Classifier]) -> None:
        self.made, self.pictures, self.classifier = made, pictures, classifier

    @cached_property
    def features(self) -> np.ndarray:
        """(n, 128) of the pictures."""
        return self.classifier().features(self.pictures)

    def __call__(self, model: keras.Model) -> Mapping[str, float]:
        made = self.made(model)
        finite = np.isfinite(made).all()
        return {FRECHET: frechet_distance(self.classifier().features(made), self.features)} if finite else {}


def distance_of_samples(source: Source, classifier: Callable[[], Classifier], count: int) -> Distance:
    """Measures samples against as many training pictures: the test pictures are left for the evaluation of a model that
    this may have chosen.

    Raises:
        InputError: too few of either.
    """
    if min(count, len(source)) <= FEATURES:
        raise _too_few(count, f"the pictures of {source.name}", len(source))
    pictures = source.draw(count, seed=0).examples.images
    return Distance(lambda model: drawn_pictures(model, count, seed=0), pictures, classifier)


def distance_of_translations(
    train: Domains, held_out: Domains, classifier: Callable[[], Classifier], count: int, mirror: bool = False
) -> Distance:
    """Measures what a model translates pictures of A to that it was not trained on, against training pictures of B.

    Args:
        train: what it is trained on.
        held_out: gives the pictures of A.
        classifier: of `judging`.
        count: at most so many of each.
        mirror: also take each picture turned around, as training does; twice as many then.

    Raises:
        InputError: too few of either.
    """
    given, wanted = (part.draw(count, seed=0).examples.images for part in (held_out.a, train.b))
    if mirror:
        given, wanted = (np.concatenate([images, images[:, :, ::-1]]) for images in (given, wanted))
    for part, images in ((held_out.a, given), (train.b, wanted)):
        if len(images) <= FEATURES:
            raise _too_few(count, f"the pictures of {part.name} ({part.split})", len(images))
    asked = to_float(given)
    return Distance(lambda model: translations_of(model, seed=0)["a_to_b"](asked), wanted, classifier)


def _too_few(count: int, what: str, there: int) -> InputError:
    return InputError(
        f"`frechet_samples` must be more than {FEATURES}, and so must be {what}. Received: {count} and {there}."
    )
