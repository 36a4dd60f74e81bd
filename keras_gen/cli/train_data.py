"""What `keras-gen train` trains and validates on."""

from __future__ import annotations

from typing import Any

from keras_gen.data import Source, check_same_shape, endless_pairs, open_source
from serving.classes import class_labels
from serving.errors import InputError


def open_sources(options: Any, domains: bool) -> tuple[Source, Source | None]:
    """The data of `--data`, and of `--target` for a model that adapts to one.

    Args:
        options: `TrainOptions`.
        domains: whether the model adapts.

    Raises:
        InputError: data that cannot be read, a target that is missing, not wanted, or of another shape.
    """
    if domains and options.target is None:
        raise InputError(f"--target must be given for {options.name!r}, which adapts to it. Received: --data alone.")
    if not domains and options.target is not None:
        raise InputError(
            f"--target must be left out for {options.name!r}, which adapts to none. Received: {options.target}."
        )
    source = open_source(options.data, options.image_size, options.channels)
    if options.target is None:
        return source, None
    target = open_source(options.target, options.image_size, options.channels)
    check_same_shape(source, target)
    return source, target


def training_batches(options: Any, source: Source, target: Source | None, labels: bool, first_epoch: int) -> Any:
    """The endless stream of batches that `fit` takes from `first_epoch` on; labels are the source's."""
    if target is None:
        return source.endless(options.batch_size, options.seed, first_epoch, labels)
    return endless_pairs(source, target, options.batch_size, options.seed, first_epoch)


def validation_batches(options: Any, model: Any) -> Any:
    """One pass over the test split of the data, or of the target where there is one.

    Raises:
        InputError: there is none, or it has no labels of the model's classes where these are needed.
    """
    height, width, channels = model.image_shape
    held_out = open_source(options.target or options.data, (height, width), channels, split="test")
    if model.labelled and held_out.examples.labels is not None:
        class_labels(len(held_out), len(model.classes), held_out.examples.labels)
    return held_out.dataset(min(options.batch_size, len(held_out)), shuffle=False, labels=model.labelled)
