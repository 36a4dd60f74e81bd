"""What `keras-gen train` trains and validates on: one set of pictures, a second one to adapt to, or two domains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

from keras_gen.cli.reading import reading, reading_domains
from keras_gen.cli.train_options import DataOptions, RunOptions
from keras_gen.data import Share, Source, check_same_shape, endless_pairs, import_data, open_source
from keras_gen.data.examples import parse_size
from keras_gen.data.translation import Domains, check_load_size, open_domains
from serving.common.errors import InputError
from serving.common.interpolation import BICUBIC
from serving.common.interpolation import NAMES as INTERPOLATIONS
from serving.common.levels import value_range_text

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_gen.metrics.classifier import Classifier
    from keras_gen.metrics.distance import Distance
    from keras_gen.training.base import BaseModel


@dataclass(frozen=True)
class TrainingData:
    """Data of a run.

    Attributes:
        source: what gives the model its classes, and its picture size unless parts of the pictures are taken.
        options: which data, and how it is brought into batches; what was left to the data is settled.
        seed: seed of its order.
    """

    source: Source
    options: DataOptions
    seed: int

    @property
    def shown(self) -> Source:
        """What pictures of the progress are made of."""
        return self.source

    def parts(self) -> dict[str, Source]:
        """All pictures of the run, by what they are for."""
        return {"data": self.source}

    def of_classes(self, classes: Sequence[str]) -> Self:
        """The same with labels of a model's classes, by their names; none change nothing.

        Raises:
            InputError: pictures of a class that the model does not know.
        """
        return replace(self, source=self.source.of_classes(classes))

    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of what the model sees."""
        return self.source.image_shape

    def steps(self) -> int:
        """Batches in an epoch."""
        return self.source.steps(self.options.batch_size)

    def summary(self) -> str:
        """What it is, for the first line of a run."""
        return f"{self.source.name}: {len(self.source)} pictures"

    def batches(self, model: BaseModel, first_step: int, share: Share | None = None) -> tf.data.Dataset:
        """The endless stream of batches, or of a share of each, that a model takes after `first_step` of them."""
        return self.source.endless(self.options.batch_size, self.seed, first_step, model.spec.labelled, share)

    def validation(self, model: BaseModel) -> tf.data.Dataset:
        """One pass over the test split.

        Raises:
            InputError: there is none, or it does not suit the model.
        """
        return _held_out(self.options.data, model, self.options)

    def judging(self) -> tuple[Source, Source]:
        """Labelled pictures that a classifier is trained on, and those that it is measured on.

        Raises:
            InputError: as `class_count` and `open_source`.
        """
        from keras_gen.metrics.classifier import class_count

        source = self.source
        class_count(source)
        height, width, channels = source.image_shape
        read = reading(self.options)
        return source, open_source(self.options.data, (height, width), channels, "test", source.classes, **read)

    def distance(self, classifier: Callable[[], Classifier], count: int) -> Distance:
        """The Fréchet distance of what a model makes, in the features of the classifier of `judging`, by at most so
        many pictures.

        Raises:
            InputError: too few of them.
        """
        from keras_gen.metrics.distance import distance_of_samples

        return distance_of_samples(self.source, classifier, count)


def open_training_data(options: DataOptions, run: RunOptions, cls: type[BaseModel]) -> TrainingData:
    """The data of `--data`, with `--target` for a model that adapts to one, or both domains for one that translates.

    Args:
        options: which data.
        run: gives the seed, and the model's name for messages.
        cls: class of the model.

    Raises:
        InputError: data that cannot be read, an option that this model's data does not have, or one that is missing.
    """
    if cls.spec.adapts and options.target is None:
        why = "learns from all of its pictures" if cls.spec.partly_labelled else "adapts to it"
        raise InputError(f"--target must be given for {run.name!r}, which {why}. Received: --data alone.")
    if not cls.spec.adapts and options.target is not None:
        raise InputError(
            f"--target must be left out for {run.name!r}, which adapts to none. Received: {options.target}."
        )
    for name in filter(None, (options.data, options.target)):
        import_data(name)
    if cls.spec.translates:
        return _open_translation(options, run, cls)
    _check_untranslated(options, run.name)
    source = open_source(options.data, options.image_size, options.channels, **reading(options))
    options = replace(
        options, value_range=value_range_text(source.value_range), interpolation=source.interpolation.choice
    )
    if cls.spec.labelled and source.examples.labels is None:
        raise InputError(
            f"{source.name} must have labels for {run.name!r}, which is told the class. Received: pictures alone."
        )
    if options.target is None:
        return TrainingData(source, options, run.seed)
    target = open_source(options.target, options.image_size, options.channels, **reading(options))
    check_same_shape(source, target)
    return Adapting(source, options, run.seed, target, cls.spec.partly_labelled)


def found_out(given: DataOptions, settled: DataOptions) -> dict[str, str | None]:
    """The options that say what the data was found to be, for the run to keep; blending is what goes without saying."""
    found = {name: getattr(settled, name) for name in ("value_range", *INTERPOLATIONS)}
    return {name: getattr(given, name) if value == BICUBIC else value for name, value in found.items()}


def _check_untranslated(options: DataOptions, name: str) -> None:
    given = {"--load-size": options.load_size, "--mirror": options.mirror, "--reverse": options.reverse}
    for option, value in given.items():
        if value:
            raise InputError(
                f"{option} must be left out for {name!r}, which does not translate. Received: {str(value).lower()}."
            )


def _open_translation(options: DataOptions, run: RunOptions, cls: type[BaseModel]) -> Translation:
    if options.load_size is not None:
        check_load_size(options.load_size, options.image_size)
    size = options.load_size or options.image_size
    domains = open_domains(options.data, size, options.channels, reverse=options.reverse, **reading_domains(options))
    options = replace(
        options,
        value_range=value_range_text(domains.a.value_range),
        interpolation_a=domains.a.interpolation.choice,
        interpolation_b=domains.b.interpolation.choice,
    )
    if cls.spec.translates == "pairs" and not domains.paired:
        raise InputError(
            f"{run.name!r} must have pairs of pictures that belong together, as in pairs:PATH. "
            f"Received: {options.data}."
        )
    # A model that learns without pairs must not be helped by them.
    domains = replace(domains, paired=cls.spec.translates == "pairs")
    return Translation(domains.a, options, run.seed, domains)


@dataclass(frozen=True)
class Adapting(TrainingData):
    """A labelled source, and a target whose labels are not looked at but in validation; an epoch is a pass over the
    source, or over the target where the source is a share of it."""

    target: Source
    is_share: bool = False

    @property
    def shown(self) -> Source:
        return self.target

    def parts(self) -> dict[str, Source]:
        return {"data": self.source, "target": self.target}

    def steps(self) -> int:
        return (self.target if self.is_share else self.source).steps(self.options.batch_size)

    def summary(self) -> str:
        if self.is_share:
            of = f"of {self.target.name} ({len(self.target)} pictures)"
            return f"{self.source.name}: {len(self.source)} pictures with labels, {of}"
        to = f"to {self.target.name} ({len(self.target)} pictures)"
        return f"{self.source.name} {to}: {len(self.source)} pictures"

    def batches(self, model: BaseModel, first_step: int, share: Share | None = None) -> tf.data.Dataset:
        options = self.options
        return endless_pairs(self.source, self.target, options.batch_size, self.seed, first_step, share)

    def validation(self, model: BaseModel) -> tf.data.Dataset:
        return _held_out(self.options.target or self.options.data, model, self.options)


@dataclass(frozen=True)
class Translation(TrainingData):
    """Two domains, the first of them the source; random parts are taken of both for a `--load-size`."""

    domains: Domains

    def parts(self) -> dict[str, Source]:
        return {"domain A": self.domains.a, "domain B": self.domains.b}

    def image_shape(self) -> tuple[int, int, int]:
        crop = self._crop()
        return self.source.image_shape if crop is None else (*crop, self.source.image_shape[2])

    def summary(self) -> str:
        a, b = len(self.domains.a), len(self.domains.b)
        return f"{self.domains.name}: {f'{a} pairs' if self.domains.paired else f'{a} and {b} pictures'}"

    def steps(self) -> int:
        return self.domains.steps(self.options.batch_size)

    def batches(self, model: BaseModel, first_step: int, share: Share | None = None) -> tf.data.Dataset:
        options = self.options
        return self.domains.endless(options.batch_size, self.seed, first_step, self._crop(), options.mirror, share)

    def validation(self, model: BaseModel) -> tf.data.Dataset:
        return self._held_out.dataset(self.options.batch_size)

    def judging(self) -> tuple[Source, Source]:
        from keras_gen.metrics.classifier import class_count
        from keras_gen.metrics.translation import judging

        train, held_out = judging(self._whole("train"), self._held_out)
        class_count(train)
        return train, held_out

    def distance(self, classifier: Callable[[], Classifier], count: int) -> Distance:
        from keras_gen.metrics.distance import distance_of_translations

        return distance_of_translations(self._whole("train"), self._held_out, classifier, count, self.options.mirror)

    @cached_property
    def _held_out(self) -> Domains:
        return self._whole("test")

    def _whole(self, split: str) -> Domains:
        """The pictures of a split, each as large as the model sees parts of them in training."""
        if split == "train" and self._crop() is None:
            return self.domains
        (height, width, channels), options = self.image_shape(), self.options
        return open_domains(options.data, (height, width), channels, split, options.reverse, **reading_domains(options))

    def _crop(self) -> tuple[int, int] | None:
        return None if self.options.load_size is None else parse_size(self.options.image_size)


def _held_out(name: str, model: BaseModel, options: DataOptions) -> tf.data.Dataset:
    """The test split, with labels of the model's classes where these are needed."""
    height, width, channels = model.image_shape
    held_out = open_source(name, (height, width), channels, "test", model.spec.classes, **reading(options))
    return held_out.dataset(min(options.batch_size, len(held_out)), shuffle=False, labels=model.spec.labelled)
