"""Batches of two data sets side by side: a labelled source, and a target whose labels are not looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_gen.data.shares import Share
from keras_gen.data.source import Source
from serving.bundle.inputs import size_text
from serving.common.errors import InputError

if TYPE_CHECKING:
    import tensorflow as tf


def check_same_shape(source: Source, target: Source) -> None:
    """Raises InputError where the pictures of two data sets have different shapes."""
    if source.image_shape != target.image_shape:
        raise InputError(
            "source and target must have pictures of one shape; --image-size and --channels bring both to it. "
            f"Received: {size_text(source.image_shape)} ({source.name}) and "
            f"{size_text(target.image_shape)} ({target.name})."
        )


def endless_pairs(
    source: Source,
    target: Source,
    batch_size: int,
    seed: int = 0,
    first_step: int = 0,
    share: Share | None = None,
) -> tf.data.Dataset:
    """Epoch after epoch without end, for `fit` with `steps_per_epoch=source.steps(batch_size)`.

    An epoch is one pass over the source; passes over the target follow each other without regard to it. The order is a
    function of the seed and of the steps before, so that training that continues after `first_step` steps sees
    what it would have seen without the interruption.

    Args:
        source: labelled.
        target: its labels, if there are any, stay out.
        batch_size: pictures of each in a batch.
        seed: seed of the order.
        first_step: steps that are finished.
        share: part of every batch; all of it by default.

    Returns:
        Batches ((source pictures, target pictures), source labels), as `Source.dataset` gives them.

    Raises:
        InputError: pictures of different shapes, a batch larger than one of the two, a source without labels.
    """
    import tensorflow as tf

    check_same_shape(source, target)
    labelled = source.endless(batch_size, seed, first_step, labels=True, share=share)
    # The complement: with the source's seed, data of equal length would always meet in the same pairs.
    unlabelled = target.endless(batch_size, ~seed, first_step, share=share)
    return tf.data.Dataset.zip(labelled, unlabelled).map(lambda known, images: ((known[0], images), known[1]))
