"""How well images of one domain are translated to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import keras
import numpy as np

from keras_gen.data import Examples, Source
from keras_gen.data.translation import Domains
from keras_gen.metrics.classifier_cache import cached_classifier
from keras_gen.metrics.comparison import Comparison, rounded
from keras_gen.metrics.extractors import open_extractor
from keras_gen.metrics.figure import Figure
from keras_gen.metrics.result_page import Results, results
from keras_gen.metrics.sample_figures import (
    Metric,
    check_metrics,
    density,
    figures_of,
    frechet,
    kernel,
    precision,
)
from keras_gen.metrics.similarity import SSIM_RADIUS, psnr, ssim
from keras_gen.metrics.variants import Answers
from keras_gen.metrics.variants import variants as variants_of
from serving.bundle.names import IMAGE, LATENT, TRANSLATION
from serving.common.errors import InputError
from serving.common.images import to_float, to_uint8
from serving.common.noise import standard_normal

# Pictures that a network translates at a time.
AT_ONCE = 20

Translate = Callable[[np.ndarray], np.ndarray]
SOURCE_DOMAIN, TARGET_DOMAIN = 0, 1


@dataclass(frozen=True)
class Settings:
    """What an evaluation of translations depends on, as the command line names it.

    Attributes:
        metrics: names among METRICS; errors against paired images are always measured.
        against: `test` or `train`: pictures of the target domain that translations are compared with.
        count: pictures to translate, drawn with the seed; None for all.
        seed: seed of every draw.
        extractor: as in `Comparison`.
    """

    metrics: Sequence[str] = ()
    against: str = "test"
    count: int | None = None
    seed: int = 0
    extractor: str = "classifier"


class Translated(Comparison):
    """Translated test images of a domain, and images of the target domain.

    Args:
        translate: pictures in [-1, 1], (n, height, width, channels), to as many of the other domain.
        test: pictures to translate are its A.
        train: what the model was trained on.
        settings: of the evaluation.
        answers: the translator with latents of one's choice, where it takes some.
    """

    def __init__(
        self,
        translate: Translate,
        test: Domains,
        train: Domains,
        settings: Settings,
        answers: Answers | None = None,
    ) -> None:
        self.answers = answers
        self.given, self.wanted = (part.draw(settings.count, settings.seed) for part in (test.a, test.b))
        self.domains, self.domains_trained_on = test, train
        drawn = translate(to_float(self.given.examples.images))
        super().__init__(drawn, 0, test.b, train.b, settings.against, settings.count, settings.seed, settings.extractor)
        self._open = lambda: open_extractor(settings.extractor, *judging(train, test))


def translations_of(model: keras.Model, seed: int) -> dict[str, Translate]:
    """What a model translates by, for each of its directions; with noise, an answer of the seed's to each picture."""
    networks = model.inference_networks()
    return {
        name: partial(_translated, network, seed)
        for name, network in networks.items()
        if set(network.input) <= {IMAGE, LATENT}
    }


def answers_of(model: keras.Model) -> dict[str, Answers]:
    """The same with latents that are given, of a model with several answers."""
    networks = model.inference_networks()
    return {
        name: Answers(int(network.input[LATENT].shape[1]), partial(_answered, network))
        for name, network in networks.items()
        if set(network.input) == {IMAGE, LATENT}
    }


def judging(train: Domains, test: Domains) -> tuple[Source, Source]:
    """What the classifier in whose features translations are compared is trained on, and measured on: the target domain
    where it has labels, and both domains, labelled by the domain, where it has none."""
    if train.b.examples.labels is None:
        return told_apart(train), told_apart(test)
    return train.b, test.b


def evaluate_translation(
    translate: Mapping[str, Translate],
    test: Domains,
    train: Domains,
    settings: Settings,
    show: Callable[[Results], None] = lambda shown: None,
    answers: Mapping[str, Answers] | None = None,
) -> list[Figure]:
    """The figures of every direction, each name after the direction's.

    Args:
        translate: `a_to_b`, or both that and `b_to_a`.
        test: measured on.
        train: what the model was trained on.
        settings: of the evaluation.
        show: called with the examples of every direction: inputs, outputs and, for pairs, the truth.
        answers: the directions that take latents, with latents of one's choice.

    Raises:
        InputError: an unknown metric, or data that one cannot be measured on.
    """
    check_metrics(settings.metrics, METRICS)
    figures = []
    for direction, function in translate.items():
        there = direction == "a_to_b"
        data = (test, train) if there else (test.swapped(), train.swapped())
        of = Translated(function, *data, settings, (answers or {}).get(direction))
        show(_results(direction, of, test.paired))
        found = pair_figures(of) if test.paired else []
        found += figures_of(settings.metrics, METRICS, of)
        figures += [replace(figure, name=f"{direction}_{figure.name}") for figure in found]
    return figures


def _results(direction: str, of: Translated, paired: bool) -> Results:
    columns = {"input": of.given.examples.images, "output": of.drawn}
    if paired:
        columns["truth"] = of.wanted.examples.images
    return results(direction, columns, "output", "truth" if paired else None)


def pair_figures(of: Translated) -> list[Figure]:
    """`l1`, the mean absolute error in units of [-1, 1], `psnr` and `ssim` against the pictures that belong to those
    that were translated."""
    wanted = to_float(of.wanted.examples.images)
    found: dict[str, tuple[float, str]] = {
        "l1": (float(np.abs(of.drawn - wanted).mean(dtype=np.float64)), ""),
        "psnr": (float(psnr(of.drawn, wanted).mean()), "dB"),
    }
    if min(wanted.shape[1:3]) > 2 * SSIM_RADIUS:
        found["ssim"] = (float(ssim(of.drawn, wanted).mean()), "")
    return [_figure(of, name, value, {"seed": of.seed}, unit) for name, (value, unit) in found.items()]


def labels(of: Translated) -> list[Figure]:
    """`labels_kept`: the share of translations that a classifier of the target domain assigns to the source's class."""
    if of.given.examples.labels is None or of.train.examples.labels is None:
        raise InputError(
            f"{of.domains.name} must have labels in both domains for the metric labels. Received: pictures alone."
        )
    given, held_out = (part.of_classes(of.train.classes) for part in (of.given, of.domains.b))
    known = given.examples.labels
    classifier, accuracy = cached_classifier(of.train, held_out)
    kept = classifier.predict(to_uint8(of.drawn)).argmax(axis=1) == known
    return [_figure(of, "labels_kept", float(kept.mean()), {"the classifier's accuracy": rounded(accuracy)})]


def domains(of: Translated) -> list[Figure]:
    """`taken_for_target`: the share of translations that a classifier of both domains assigns to the target."""
    classifier, accuracy = cached_classifier(told_apart(of.domains_trained_on), told_apart(of.domains))
    taken = classifier.predict(to_uint8(of.drawn)).argmax(axis=1) == TARGET_DOMAIN
    return [_figure(of, "taken_for_target", float(taken.mean()), {"the classifier's accuracy": rounded(accuracy)})]


def variants(of: Translated) -> list[Figure]:
    """`diversity`, and for pairs `best_of_10_l1` and `zero_latent_l1`, as `keras_gen.metrics.variants`."""
    if of.answers is None:
        raise InputError(
            "--metrics variants must have a model with several answers, trained with --model.noise-dim. "
            "Received: one with a single answer."
        )
    if len(of.given) < 2:
        raise InputError(f"--metrics variants must have at least two pictures. Received: {len(of.given)}.")
    given, real = to_float(of.given.examples.images), of.wanted.examples.images
    data = f"{of.given.name} ({of.given.split})"
    return list(variants_of(of.answers, given, real, of.domains.paired, data, of.seed))


METRICS: dict[str, Metric] = {
    "labels": labels,
    "domains": domains,
    "variants": variants,
    "frechet": frechet,
    "kernel": kernel,
    "precision": precision,
    "density": density,
}


def told_apart(both: Domains) -> Source:
    """Images of both domains, labelled by their domain."""
    parts = [to_uint8(part.examples.images) for part in (both.a, both.b)]
    marks = np.repeat([SOURCE_DOMAIN, TARGET_DOMAIN], [len(part) for part in parts])
    examples = Examples(np.concatenate(parts), marks, (both.a.name, both.b.name))
    return Source(both.name, both.a.split, examples)


def _translated(network: keras.Model, seed: int, images: np.ndarray) -> np.ndarray:
    latent = network.input.get(LATENT)
    return _answered(network, images, None if latent is None else standard_normal(seed, len(images), latent.shape[1]))


def _answered(network: keras.Model, images: np.ndarray, latents: np.ndarray | None) -> np.ndarray:
    feed = {IMAGE: images} if latents is None else {IMAGE: images, LATENT: latents}
    return network.predict(feed, batch_size=AT_ONCE, verbose=0)[TRANSLATION]


def _figure(of: Translated, name: str, value: float, settings: dict[str, Any], unit: str = "") -> Figure:
    return Figure(name, value, unit, f"{of.given.name} ({of.given.split})", len(of.given), settings)
