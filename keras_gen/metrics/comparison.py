"""Samples of a model and the images that they are compared with; features are shared by all metrics."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import Any

import numpy as np

from keras_gen.data import Source
from keras_gen.metrics.classifier import FEATURES
from keras_gen.metrics.extractors import Extracted, Extractor, open_extractor, stamp
from keras_gen.metrics.figure import Figure
from keras_gen.metrics.manifold import squared_distances_to_others
from serving.common.classes import class_labels
from serving.common.errors import InputError, require_among

AGAINST = ("test", "train")
NEAREST = 5


class Comparison:
    """The inputs of all metrics of samples. Features are computed when a metric first needs them.

    Args:
        drawn: (n, height, width, channels) in [-1, 1], samples of a model.
        classes: number of classes of the model, whose samples cycle through the classes; 0 for an unconditional model.
        test: pictures of their shape.
        train: pictures of their shape, which the model was trained on.
        against: `test` measures against test pictures, and has as many training pictures as samples stand beside them,
            as a copy of the training data would; `train` has it the other way around.
        count: how many pictures to measure against, drawn with the seed; None for all.
        seed: seed of every draw.
        extractor: `classifier`, `inception`, `judge:NAME` or `onnx:FILE`.
        labels: (n,) the class of each sample, where they do not cycle.

    Raises:
        InputError: an unknown `against`.
    """

    def __init__(
        self,
        drawn: np.ndarray,
        classes: int,
        test: Source,
        train: Source,
        against: str = "test",
        count: int | None = None,
        seed: int = 0,
        extractor: str = "classifier",
        labels: np.ndarray | None = None,
    ) -> None:
        require_among(AGAINST, against=against)
        self.drawn, self.classes, self.train, self.seed = drawn, classes, train, seed
        self._labels = labels
        self.test = test.draw(count, seed)
        self.reference = self.test if against == "test" else train.draw(count, seed)
        self.beside = (train if against == "test" else test).draw(len(drawn), seed)
        self._beside_are = "training" if against == "test" else "test"
        self.chosen = extractor
        self._open = lambda: open_extractor(extractor, train, test)

    def of_other_samples(self, drawn: np.ndarray) -> Comparison:
        """The same comparison of other samples of the model; what was computed of the data is computed once."""
        other = copy(self)
        other.drawn = drawn
        other.__dict__.pop("of_drawn", None)
        return other

    @property
    def labels(self) -> np.ndarray:
        """(n,) the class of each sample."""
        return class_labels(len(self.drawn), self.classes, self._labels)

    def check_enough(self) -> None:
        """Raises InputError where a Fréchet distance in the features of the classifier would lack pictures.

        It is asked before the classifier is trained, which can take long.
        """
        counts = len(self.drawn), len(self.reference)
        if self.chosen == "classifier" and min(counts) <= FEATURES:
            raise InputError(
                f"the Fréchet distance in {FEATURES} features must have at least {FEATURES + 1} samples, and as many "
                f"pictures. Received: {counts[0]} and {counts[1]}."
            )

    @cached_property
    def extractor(self) -> Extractor:
        return self._open()

    @cached_property
    def of_drawn(self) -> Extracted:
        return self.extractor.extract(self.drawn)

    @cached_property
    def of_reference(self) -> Extracted:
        return self.extractor.extract(self.reference.examples.images)

    @cached_property
    def reference_distances(self) -> np.ndarray:
        """(n, 5) squared distances of the features measured against to their nearest others."""
        return squared_distances_to_others(self.of_reference.features, NEAREST)

    @cached_property
    def of_beside(self) -> Extracted:
        return self.extractor.extract(self.beside.examples.images)

    def figure(self, name: str, value: float, beside: float | None, settings: dict[str, Any], unit: str = "") -> Figure:
        """A figure in features, stamped with all that it depends on.

        Args:
            name: the metric.
            value: of the samples.
            beside: of the real pictures that stand beside them; None where there is no such value.
            settings: of the metric.
            unit: of both values.
        """
        known = {} if beside is None else {self.beside_have(): rounded(beside)}
        return self.plain_figure(name, value, self.reference, {**self.stamped(settings), **known}, unit)

    def stamped(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Settings of a figure in features, with what the extractor is."""
        return {**settings, **stamp(self.extractor, self.drawn.shape[1:])}

    def beside_have(self) -> str:
        """What a value of the pictures that stand beside the samples is called."""
        return f"{len(self.beside)} {self._beside_are} pictures have"

    def plain_figure(
        self, name: str, value: float, pictures: Source, settings: dict[str, Any], unit: str = ""
    ) -> Figure:
        """A figure on other pictures, stamped with samples and seed."""
        stamped = {"samples": len(self.drawn), "seed": self.seed, **settings}
        return Figure(name, float(value), unit, f"{pictures.name} ({pictures.split})", len(pictures), stamped)


def rounded(value: float, digits: int = 4) -> float:
    """A number for a stamp, of so many digits."""
    return float(f"{value:.{digits}g}")
