"""How well one network translates pictures to the class that it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from keras_gen.data import Source
from keras_gen.metrics.classifier_cache import cached_classifier
from keras_gen.metrics.comparison import rounded
from keras_gen.metrics.figure import Figure
from keras_gen.metrics.result_page import Results, results
from keras_gen.metrics.sample_figures import Metric, figures_of
from serving.common.errors import InputError
from serving.common.images import to_float, to_uint8

# Pictures in [-1, 1] and a label to pictures in [-1, 1].
ToClass = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Restyled:
    """Test pictures, each translated to every class.

    Attributes:
        classes: the model's.
        given: the pictures that are translated.
        made: class -> their translations, in [-1, 1].
        test: all test pictures.
        train: what the classifiers are trained on.
        seed: of the draw of the pictures.
    """

    classes: Sequence[str]
    given: Source
    made: dict[str, np.ndarray]
    test: Source
    train: Source
    seed: int


def evaluate_class_translation(
    translate: ToClass,
    classes: Sequence[str],
    test: Source,
    train: Source,
    metrics: Sequence[str],
    count: int | None = None,
    seed: int = 0,
    show: Callable[[Results], None] = lambda shown: None,
) -> list[Figure]:
    """Figures of the translations of pictures to every class, also to their own.

    Args:
        translate: pictures and a label to pictures.
        classes: names of the model's classes, in the order of their labels.
        test: pictures to translate.
        train: what classifiers are trained on.
        metrics: names among METRICS, at least one.
        count: pictures to translate, drawn with the seed; None for all.
        seed: of that draw.
        show: called with the pictures and their translations.

    Raises:
        InputError: no metric, an unknown one, or data that one cannot be measured on.
    """
    if not metrics:
        raise InputError(
            f"--metrics must be one of {', '.join(METRICS)} for a model that translates to a class. Received: none."
        )
    given = test.draw(count, seed)
    images = to_float(given.examples.images)
    made = {name: translate(images, label) for label, name in enumerate(classes)}
    columns = {"input": given.examples.images, **{f"to {name}": pictures for name, pictures in made.items()}}
    show(results("to_class", columns, "input", None))
    return figures_of(metrics, METRICS, Restyled(classes, given, made, test, train, seed))


def labels(of: Restyled) -> list[Figure]:
    """`labels_kept`: the share of translations that a classifier of the data assigns to the class that the picture has
    there, which is another one than the model's: of digits in styles, the digit."""
    if of.train.examples.labels is None or tuple(of.test.classes) == tuple(of.classes):
        raise InputError(
            "--metrics labels must have data with other labels than the classes that the model translates to, as "
            f"restyled:SOURCE has. Received: {of.test.name}."
        )
    known = of.given.of_classes(of.train.classes).examples.labels
    classifier, accuracy = cached_classifier(of.train, of.test.of_classes(of.train.classes))
    kept = [classifier.predict(to_uint8(made)).argmax(axis=1) == known for made in of.made.values()]
    return list(_figures(of, "labels_kept", kept, accuracy))


def domains(of: Restyled) -> list[Figure]:
    """`taken_for_target`: the share of translations that a classifier of the model's classes assigns to the one that
    was asked for."""
    if of.train.examples.labels is None:
        raise InputError(f"--metrics domains must have data with labels. Received: {of.train.name}.")
    train, test = (part.of_classes(of.classes) for part in (of.train, of.test))
    classifier, accuracy = cached_classifier(train, test)
    found = [classifier.predict(to_uint8(made)).argmax(axis=1) for made in of.made.values()]
    taken = [guess == label for label, guess in enumerate(found)]
    return list(_figures(of, "taken_for_target", taken, accuracy))


METRICS: dict[str, Metric] = {"labels": labels, "domains": domains}


def _figures(of: Restyled, name: str, right: list[np.ndarray], accuracy: float) -> Iterator[Figure]:
    """The share over all classes, then over those translated to each."""
    settings = {"the classifier's accuracy": rounded(accuracy)}
    data = f"{of.given.name} ({of.given.split})"
    yield Figure(name, float(np.mean(right)), "", data, len(of.given) * len(right), settings)
    for to, share in zip(of.classes, right, strict=True):
        yield Figure(f"to_{to}_{name}", float(share.mean()), "", data, len(of.given), settings)
