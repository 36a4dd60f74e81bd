"""A data set that has been opened, as `tf.data` batches of float32 pictures in [-1, 1].

TensorFlow is imported where batches are made, so that commands that only read pictures start at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from keras_gen.data.examples import Examples, of_classes
from keras_gen.data.shares import Share, shared
from serving.common.errors import InputError
from serving.common.interpolation import Interpolation
from serving.common.levels import Levels, ValueRange

if TYPE_CHECKING:
    import tensorflow as tf

WORKERS = 2
AHEAD = 4
# Bytes up to which pictures are made a tensor, of which a batch is gathered a tenth of a millisecond sooner. TensorFlow
# holds two copies of its content beside the array, and takes a third while an iterator is made.
COPIED = 64 * 2**20


@dataclass(frozen=True)
class Source:
    """A named data set.

    Attributes:
        name: what it was opened by.
        split: `train`, `test` or `all`.
        examples: pictures, labels and classes.
        levels: which numbers of the data are black and white.
        interpolation: how pictures were resized.
    """

    name: str
    split: str
    examples: Examples
    levels: Levels = field(default_factory=Levels, repr=False, compare=False)
    interpolation: Interpolation = field(default_factory=Interpolation, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.examples.images)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes in the order of their labels: the numbers where there are no names, none without
        labels."""
        if self.examples.classes or self.examples.labels is None:
            return self.examples.classes
        return tuple(map(str, range(int(self.examples.labels.max()) + 1)))

    @property
    def value_range(self) -> ValueRange | None:
        """The numbers of the data that are black and white; None where full scale is."""
        return self.levels.value_range

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        height, width, channels = self.examples.images.shape[1:]
        return height, width, channels

    def of_classes(self, known: Sequence[str]) -> Source:
        """The same pictures with labels of a model's classes, by the names of the classes.

        Args:
            known: names of the classes in the order of the model's labels; none changes nothing.

        Raises:
            InputError: a picture of a class that is not known.
        """
        examples = of_classes(self.name, replace(self.examples, classes=self.classes), known)
        return replace(self, examples=examples)

    def first(self, count: int) -> Source:
        """The first `count` of the examples."""
        labels = None if self.examples.labels is None else self.examples.labels[:count]
        return replace(self, examples=Examples(self.examples.images[:count], labels, self.classes))

    def draw(self, count: int | None, seed: int) -> Source:
        """At most `count` of the examples without repetition, in the order of the data; all for None."""
        if count is None or count >= len(self):
            return self
        rows = np.sort(np.random.default_rng(seed).choice(len(self), count, replace=False))
        labels = None if self.examples.labels is None else self.examples.labels[rows]
        return replace(self, examples=Examples(self.examples.images[rows], labels, self.classes))

    def dataset(
        self,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = True,
        labels: bool = False,
        drop_remainder: bool = False,
    ) -> tf.data.Dataset:
        """One pass over the data, in a new order each time it is iterated.

        Args:
            batch_size: pictures in a batch.
            seed: seed of the order.
            shuffle: False keeps the order of the data.
            labels: give (pictures, labels) instead of pictures.
            drop_remainder: leave out a last batch that is not full.

        Returns:
            Batches of float32 (batch, height, width, channels) in [-1, 1], with int64 (batch,) labels if asked.

        Raises:
            InputError: a batch larger than the data, labels asked of a source without them.
        """
        import tensorflow as tf

        self._check(batch_size, labels)
        order = tf.data.Dataset.range(len(self), output_type=tf.int32)
        if shuffle:
            order = order.shuffle(len(self), seed=seed, reshuffle_each_iteration=True)
        return self._gather(order.batch(batch_size, drop_remainder=drop_remainder), labels)

    def endless(
        self, batch_size: int, seed: int = 0, first_step: int = 0, labels: bool = False, share: Share | None = None
    ) -> tf.data.Dataset:
        """Epoch after epoch without end, for `fit` with `steps_per_epoch=source.steps(batch_size)`.

        The order within an epoch is a function of the seed and the epoch's number, so that training that continues
        after `first_step` steps sees what it would have seen without the interruption.

        Args and raises: as `dataset`; only full batches are given, of a share of them if there is one.
        """
        import tensorflow as tf

        self._check(batch_size, labels)

        def epoch(number: tf.Tensor) -> tf.data.Dataset:
            order = tf.random.experimental.stateless_shuffle(
                tf.range(len(self)), seed=tf.stack([tf.constant(seed, tf.int64), number])
            )
            return tf.data.Dataset.from_tensor_slices(order).batch(batch_size, drop_remainder=True)

        first_epoch, within = divmod(first_step, self.steps(batch_size))
        epochs = tf.data.Dataset.range(first_epoch, tf.int64.max)
        return self._gather(shared(epochs.flat_map(epoch).skip(within), share), labels)

    def steps(self, batch_size: int) -> int:
        """Full batches in an epoch."""
        return len(self) // batch_size

    def _check(self, batch_size: int, labels: bool) -> None:
        if not 1 <= batch_size <= len(self):
            raise InputError(
                f"`batch_size` must be at least 1 and at most the {len(self)} pictures of {self.name} "
                f"({self.split}). Received: {batch_size}."
            )
        if labels and self.examples.labels is None:
            raise InputError(f"{self.name} must have labels. Received: pictures alone.")

    def _gather(self, indices: tf.data.Dataset, labels: bool) -> tf.data.Dataset:
        """Batches of indices to batches of pictures: one gather a batch."""
        import tensorflow as tf

        take = self._reader()
        targets = tf.constant(self.examples.labels) if labels else None

        def batch(rows: tf.Tensor) -> tf.Tensor | tuple[tf.Tensor, tf.Tensor]:
            images = take(rows)
            if images.dtype == tf.uint8:
                images = tf.cast(images, tf.float32) / 127.5 - 1.0
            return (images, tf.gather(targets, rows)) if labels else images

        # The tuner's thread sleeps for up to a minute at a time, and the end of `fit` waits for it. Each of several
        # processes takes its part of every batch, never files of its own.
        options = tf.data.Options()
        options.autotune.enabled = False
        options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
        return indices.map(batch, num_parallel_calls=WORKERS).prefetch(AHEAD).with_options(options)

    def _reader(self) -> Callable[[tf.Tensor], tf.Tensor]:
        """From indices to pictures: of a few a copy, otherwise rows of the array itself, in memory or on the disk."""
        import tensorflow as tf

        images = self.examples.images
        if images.nbytes <= COPIED and not isinstance(images, np.memmap):
            pictures = tf.constant(images)
            return lambda rows: tf.gather(pictures, rows)

        def of_array(rows: tf.Tensor) -> tf.Tensor:
            found = tf.numpy_function(lambda rows: images[rows], [rows], images.dtype, stateful=False)
            return tf.ensure_shape(found, (rows.shape[0], *images.shape[1:]))

        return of_array
