"""What `keras-gen train` trains and validates on: one set of pictures, a second one to adapt to, or two domains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from keras_gen.data import Share, Source, check_same_shape, endless_pairs, import_data, open_source
from keras_gen.data.translation import Domains, check_load_size, open_domains
from serving.common.classes import class_labels
from serving.common.errors import InputError


@dataclass(frozen=True)
class TrainingData:
    """Data of a run.

    Attributes:
        source: what gives the model its classes, and its picture size unless parts of the pictures are taken.
        options: `TrainOptions`.
    """

    source: Source
    options: Any

    @property
    def shown(self) -> Source:
        """What pictures of the progress are made of."""
        return self.source

    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of what the model sees."""
        return self.source.image_shape

    def steps(self) -> int:
        """Batches in an epoch."""
        return self.source.steps(self.options.batch_size)

    def summary(self) -> str:
        """What it is, for the first line of a run."""
        return f"{self.source.name}: {len(self.source)} pictures"

    def batches(self, model: Any, first_step: int, share: Share | None = None) -> Any:
        """The endless stream of batches, or of a share of each, that a model takes after `first_step` of them."""
        return self.source.endless(self.options.batch_size, self.options.seed, first_step, model.spec.labelled, share)

    def validation(self, model: Any) -> Any:
        """One pass over the test split.

        Raises:
            InputError: there is none, or it does not suit the model.
        """
        return _held_out(self.options.data, model, self.options.batch_size)


def open_training_data(options: Any, cls: Any) -> TrainingData:
    """The data of `--data`, with `--target` for a model that adapts to one, or both domains for one that translates.

    Args:
        options: `TrainOptions`.
        cls: class of the model.

    Raises:
        InputError: data that cannot be read, an option that this model's data does not have, or one that is missing.
    """
    if cls.spec.adapts and options.target is None:
        raise InputError(f"--target must be given for {options.name!r}, which adapts to it. Received: --data alone.")
    if not cls.spec.adapts and options.target is not None:
        raise InputError(
            f"--target must be left out for {options.name!r}, which adapts to none. Received: {options.target}."
        )
    for name in filter(None, (options.data, options.target)):
        import_data(name)
    if cls.spec.translates:
        return _open_translation(options, cls)
    for name in ("load_size", "mirror", "reverse"):
        if getattr(options, name):
            raise InputError(
                f"--{name} must be left out for {options.name!r}, which does not translate. "
                f"Received: {getattr(options, name)}."
            )
    source = open_source(options.data, options.image_size, options.channels)
    if options.target is None:
        return TrainingData(source, options)
    target = open_source(options.target, options.image_size, options.channels)
    check_same_shape(source, target)
    return Adapting(source, options, target)


def _open_translation(options: Any, cls: Any) -> Translation:
    if options.load_size is not None:
        check_load_size(options.load_size, options.image_size)
    size = options.load_size or options.image_size
    domains = open_domains(options.data, size, options.channels, reverse=options.reverse)
    if cls.spec.translates == "pairs" and not domains.paired:
        raise InputError(
            f"{options.name!r} must have pairs of pictures that belong together, as in pairs:PATH. "
            f"Received: {options.data}."
        )
    # A model that learns without pairs must not be helped by them.
    domains = replace(domains, paired=cls.spec.translates == "pairs")
    return Translation(domains.a, options, domains)


@dataclass(frozen=True)
class Adapting(TrainingData):
    """A labelled source, and a target whose labels are not looked at but in validation."""

    target: Source

    @property
    def shown(self) -> Source:
        return self.target

    def summary(self) -> str:
        to = f"to {self.target.name} ({len(self.target)} pictures)"
        return f"{self.source.name} {to}: {len(self.source)} pictures"

    def batches(self, model: Any, first_step: int, share: Share | None = None) -> Any:
        options = self.options
        return endless_pairs(self.source, self.target, options.batch_size, options.seed, first_step, share)

    def validation(self, model: Any) -> Any:
        return _held_out(self.options.target, model, self.options.batch_size)


@dataclass(frozen=True)
class Translation(TrainingData):
    """Two domains, the first of them the source; random parts are taken of both for a `--load_size`."""

    domains: Domains

    def image_shape(self) -> tuple[int, int, int]:
        crop = self._crop()
        return self.source.image_shape if crop is None else (crop, crop, self.source.image_shape[2])

    def summary(self) -> str:
        a, b = len(self.domains.a), len(self.domains.b)
        return f"{self.domains.name}: {f'{a} pairs' if self.domains.paired else f'{a} and {b} pictures'}"

    def steps(self) -> int:
        return self.domains.steps(self.options.batch_size)

    def batches(self, model: Any, first_step: int, share: Share | None = None) -> Any:
        options = self.options
        return self.domains.endless(options.batch_size, options.seed, first_step, self._crop(), options.mirror, share)

    def validation(self, model: Any) -> Any:
        height, width, channels = model.image_shape
        held_out = open_domains(self.options.data, (height, width), channels, "test", self.options.reverse)
        return held_out.dataset(self.options.batch_size)

    def _crop(self) -> int | None:
        return None if self.options.load_size is None else self.options.image_size


def _held_out(name: str, model: Any, batch_size: int) -> Any:
    """The test split, with labels of the model's classes where these are needed."""
    height, width, channels = model.image_shape
    held_out = open_source(name, (height, width), channels, split="test")
    if model.spec.labelled and held_out.examples.labels is not None:
        class_labels(len(held_out), len(model.spec.classes), held_out.examples.labels)
    return held_out.dataset(min(batch_size, len(held_out)), shuffle=False, labels=model.spec.labelled)
