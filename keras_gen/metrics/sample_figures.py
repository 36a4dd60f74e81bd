"""The figures of samples by name: a function each, from a comparison to figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from keras_gen.metrics.class_figures import class_frechet_distances, classification_accuracy_score
from keras_gen.metrics.class_score import class_score
from keras_gen.metrics.classifier import labels_of
from keras_gen.metrics.comparison import NEAREST, Comparison, rounded
from keras_gen.metrics.extractors import Extracted
from keras_gen.metrics.figure import Figure
from keras_gen.metrics.frechet import frechet_distance
from keras_gen.metrics.kernel_distance import kernel_distance
from keras_gen.metrics.manifold import density_coverage, precision_recall, squared_distances_to_others
from keras_gen.metrics.memorization import authenticity, copying_rank
from keras_gen.metrics.modes import modes_found
from keras_gen.metrics.parzen import choose_sigma, parzen_log_likelihood
from keras_gen.metrics.spectrum import spectrum_distance
from serving.common.errors import InputError, require_among
from serving.common.images import to_float, to_uint8
from serving.latents.neighbours import GREY_LEVEL, nearest_neighbours, nearest_others

Metric: TypeAlias = Callable[[Any], list[Figure]]
SUBSET, SUBSETS = 1000, 100
SPLITS = 10
# Those that ask which class a sample was drawn of.
OF_CLASSES = {"classes", "class_frechet", "accuracy_score"}
PRECISION_NEIGHBOUR, DENSITY_NEIGHBOUR = 3, NEAREST
VALIDATION = 1000
PROBES = 1000


def evaluate_samples(metrics: Sequence[str], comparison: Comparison) -> list[Figure]:
    """The figures of metrics by name, in that order, each once.

    Raises:
        InputError: an unknown name, or samples or data that a metric cannot be measured on.
    """
    return figures_of(metrics, METRICS, comparison)


def figures_of(metrics: Sequence[str], known: Mapping[str, Metric], comparison: Any) -> list[Figure]:
    """As `evaluate_samples`, by the functions of any table."""
    check_metrics(metrics, known)
    if "frechet" in metrics:
        comparison.check_enough()
    return [figure for name in dict.fromkeys(metrics) for figure in known[name](comparison)]


def check_metrics(metrics: Sequence[str], known: Iterable[str]) -> None:
    """Raises InputError for a name that is not among those known."""
    for name in metrics:
        require_among(tuple(known), metrics=name)


def frechet(of: Comparison) -> list[Figure]:
    """`frechet_distance` between the features of samples and pictures."""
    distance, beside = (
        frechet_distance(part.features, of.of_reference.features) for part in (of.of_drawn, of.of_beside)
    )
    return [of.figure("frechet_distance", distance, beside, {})]


def kernel(of: Comparison) -> list[Figure]:
    """`kernel_distance`, of subsets of 1,000 where there are as many samples and pictures."""
    subset = min(SUBSET, len(of.drawn), len(of.reference), len(of.beside))
    (distance, error), (beside, _) = (
        kernel_distance(part.features, of.of_reference.features, subset, SUBSETS, of.seed)
        for part in (of.of_drawn, of.of_beside)
    )
    settings = {"standard error": rounded(error, 2), "subsets": f"{SUBSETS} of {subset}"}
    return [of.figure("kernel_distance", distance, beside, settings)]


def score(of: Comparison) -> list[Figure]:
    """`class_score`, the inception score in the classes of the extractor."""
    (value, deviation), (beside, _) = (
        class_score(_probabilities(of, part), SPLITS) for part in (of.of_drawn, of.of_beside)
    )
    return [of.figure("class_score", value, beside, {"splits": SPLITS, "deviation": rounded(deviation, 2)})]


def precision(of: Comparison) -> list[Figure]:
    """`precision` and `recall`."""
    return _pair(of, ("precision", "recall"), precision_recall, PRECISION_NEIGHBOUR)


def density(of: Comparison) -> list[Figure]:
    """`density` and `coverage`."""
    return _pair(of, ("density", "coverage"), density_coverage, DENSITY_NEIGHBOUR)


def modes(of: Comparison) -> list[Figure]:
    """`modes_found`: classes of the data that samples are read as; `modes_kl`: their shares against even ones."""
    classes = of.extractor.classes
    _check_classes(of, len(of.train.classes), "the data")
    (count, divergence), (beside_count, beside) = (
        modes_found(_probabilities(of, part).argmax(axis=1), classes) for part in (of.of_drawn, of.of_beside)
    )
    return [
        of.figure("modes_found", count, beside_count, {"of": classes}),
        of.figure("modes_kl", divergence, beside, {"reference": "even"}, "nats"),
    ]


def classes(of: Comparison) -> list[Figure]:
    """`class_accuracy`: the share of samples that are read as the class that they were drawn of."""
    _check_knows_classes(of, "classes")
    _check_classes(of, of.classes, "the model")
    read = _probabilities(of, of.of_drawn).argmax(axis=1)
    return [of.figure("class_accuracy", (read == of.labels).mean(), None, {})]


def class_frechet(of: Comparison) -> list[Figure]:
    """`class_frechet_distance`: the mean over the classes of the Fréchet distance within each."""
    _check_knows_classes(of, "class_frechet")
    labels, others = of.labels, labels_of(of.reference)
    features = of.of_reference.features
    of_beside = labels_of(of.beside)
    enough = np.bincount(of_beside, minlength=of.classes).min() > features.shape[1]
    within = partial(class_frechet_distances, others=features, other_labels=others, classes=of.classes)
    beside = within(of.of_beside.features, of_beside).mean() if enough else None
    distances = within(of.of_drawn.features, labels)
    names = of.train.classes or tuple(map(str, range(of.classes)))
    worst = {"worst": f"{names[distances.argmax()]} with {rounded(distances.max())}"}
    return [of.figure("class_frechet_distance", distances.mean(), beside, worst)]


def accuracy_score(of: Comparison) -> list[Figure]:
    """`classification_accuracy_score`: accuracy on the test pictures of a classifier that saw samples alone."""
    _check_knows_classes(of, "accuracy_score")
    real = of.train.draw(len(of.drawn), of.seed)
    names = of.train.classes
    value = classification_accuracy_score(of.drawn, of.labels, names, of.test, of.seed)
    beside = classification_accuracy_score(to_float(real.examples.images), labels_of(real), names, of.test, of.seed)
    settings = {f"{len(real)} {real.split} pictures have": rounded(beside)}
    return [of.plain_figure("classification_accuracy_score", value, of.test, settings)]


def spectrum(of: Comparison) -> list[Figure]:
    """`spectrum_distance` between the radial spectra of samples and pictures."""
    reference, beside = (to_float(part.examples.images) for part in (of.reference, of.beside))
    settings = {of.beside_have(): rounded(spectrum_distance(beside, reference))}
    return [of.plain_figure("spectrum_distance", spectrum_distance(of.drawn, reference), of.reference, settings, "dB")]


def memorization(of: Comparison) -> list[Figure]:
    """`authenticity`, and `copying_rank`, by distances of features to training pictures; beside them what test pictures
    have."""
    training, test = of.extractor.features(of.train.examples.images), of.extractor.features(of.test.examples.images)
    near = np.sqrt(squared_distances_to_others(training, 1)[:, 0])
    value, beside = (authenticity(part, training, near) for part in (of.of_drawn.features, test))
    stamped = of.stamped({f"{len(test)} {of.test.split} pictures have": rounded(beside)})
    rank = copying_rank(of.of_drawn.features, training, test)
    return [
        of.plain_figure("authenticity", value, of.train, stamped),
        of.plain_figure("copying_rank", rank, of.train, of.stamped({"as far as test pictures": 0.5})),
    ]


def neighbours(of: Comparison) -> list[Figure]:
    """`nearest_training_picture`: the median distance over pixels in [-1, 1] of samples to the training picture
    nearest to each; beside it, how far training pictures are from one another."""
    pictures = to_uint8(of.train.examples.images)
    distances = GREY_LEVEL * nearest_neighbours(to_uint8(of.drawn), pictures)[1]
    own = GREY_LEVEL * nearest_others(pictures, PROBES, of.seed)
    settings = {"minimum": rounded(distances.min()), f"{len(own)} training pictures have": rounded(np.median(own))}
    return [of.plain_figure("nearest_training_picture", np.median(distances), of.train, settings)]


def parzen(of: Comparison) -> list[Figure]:
    """`parzen_log_likelihood` of test pictures, the width of the kernel chosen on 1,000 training pictures."""
    validation = of.train.draw(VALIDATION, of.seed).examples.images
    samples, images, validation = (
        np.clip((to_float(part) + 1) / 2, 0, 1) for part in (of.drawn, of.test.examples.images, validation)
    )
    sigma = choose_sigma(samples, validation)
    values = parzen_log_likelihood(samples, images, sigma)
    settings = {
        "sigma": rounded(sigma, 3),
        "chosen on": f"{len(validation)} of {of.train.split}",
        "standard error": rounded(values.std(ddof=1) / np.sqrt(len(values)), 2) if len(values) > 1 else None,
    }
    return [of.plain_figure("parzen_log_likelihood", values.mean(), of.test, settings, "nats")]


METRICS: dict[str, Metric] = {
    "frechet": frechet,
    "kernel": kernel,
    "score": score,
    "precision": precision,
    "density": density,
    "modes": modes,
    "classes": classes,
    "class_frechet": class_frechet,
    "accuracy_score": accuracy_score,
    "spectrum": spectrum,
    "memorization": memorization,
    "neighbours": neighbours,
    "parzen": parzen,
}


def _pair(
    of: Comparison, names: tuple[str, str], metric: Callable[..., tuple[float, float]], neighbour: int
) -> list[Figure]:
    """The two figures of a metric of manifolds."""
    values, beside = (
        metric(part.features, of.of_reference.features, neighbour, of.reference_distances)
        for part in (of.of_drawn, of.of_beside)
    )
    return [
        of.figure(name, value, real, {"neighbour": neighbour})
        for name, value, real in zip(names, values, beside, strict=True)
    ]


def _probabilities(of: Comparison, part: Extracted) -> np.ndarray:
    if part.probabilities is None:
        raise InputError(
            f"score, modes and classes must have an extractor that tells classes apart. Received: {of.extractor.name}."
        )
    return part.probabilities


def _check_knows_classes(of: Comparison, metric: str) -> None:
    """Raises InputError for samples of no class."""
    if not of.classes:
        raise InputError(f"a model must know classes for the metric {metric}. Received: one that knows none.")


def _check_classes(of: Comparison, expected: int, whose: str) -> None:
    """Raises InputError for an extractor of other classes than those expected, if any are known."""
    if expected and of.extractor.classes != expected:
        raise InputError(
            f"the extractor must tell the {expected} classes of {whose} apart. "
            f"Received: {of.extractor.name}, with {of.extractor.classes}."
        )
