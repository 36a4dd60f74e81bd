"""The randomness of training: a function of seed, step, purpose and the example's place in the global batch."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

from keras_gen.layers.replica import micro_batch_index, replica_rows, weight_for_all
from serving.common.errors import InputError

# Whose noise was drawn, and for which purpose.
Drawn = set[tuple[int, str]]


class _Drawing(threading.local):
    """What this thread, that of one replica, has drawn in the step that it computes; None outside of one."""

    drawn: Drawn | None = None


_drawing = _Drawing()


@contextmanager
def drawing_once(drawn: Drawn) -> Iterator[None]:
    """Within it noise for a purpose that is in `drawn` already is refused, and what is drawn is added.

    Equal noise in two places of a step shows in no loss: pictures of two moves would be made of the same latents.

    Raises:
        InputError: the same noise for the second time.
    """
    before = _drawing.drawn
    _drawing.drawn = drawn
    try:
        yield
    finally:
        _drawing.drawn = before


class TrainingNoise(keras.layers.Layer):
    """Noise that differs between replicas and steps, and can be repeated.

    Row `i` of the global batch gets the same noise however many replicas share the batch, and nothing is
    hidden: the seed is an argument and the step is a weight, saved with the model.

    Args:
        seed: any integer.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(name="training_noise", dtype="float32")
        self.seed = seed
        self.step = weight_for_all(self, "step", dtype="int64")
        self.evaluation_step = weight_for_all(self, "evaluation_step", dtype="int64")
        self.built = True

    def training_rows(self, rows: tf.Tensor, size: int, purpose: str, uniform: bool = False) -> tf.Tensor:
        """Noise of this step for this replica's `rows` examples, (rows, size) float32.

        Args:
            rows: this replica's number of examples, an integer scalar.
            size: noise per example.
            purpose: names the use within the step, once; other purposes get independent noise.
            uniform: draw from [0, 1) instead of the standard normal distribution.
        """
        return self._rows(rows, size, purpose, self.step, uniform)

    def evaluation_rows(self, rows: tf.Tensor, size: int, purpose: str, uniform: bool = False) -> tf.Tensor:
        """As `training_rows`, but numbered from the last `restart_evaluation`: the same in every evaluation."""
        return self._rows(rows, size, f"evaluation/{purpose}", self.evaluation_step, uniform)

    def shared(self, size: int, purpose: str) -> tf.Tensor:
        """Numbers of this step, or of a micro-batch of it, from [0, 1), (size,) float32, the same on every replica;
        `purpose` as above."""
        part = micro_batch_index()
        purpose = f"{purpose}/{part}" if part else purpose
        return tf.random.stateless_uniform((size,), self._seed(purpose, self.step))

    def advance(self) -> None:
        """Ends a training step."""
        self.step.assign_add(1)
        if _drawing.drawn is not None:  # a layer with noise of its own moves on within a step
            _drawing.drawn -= {entry for entry in _drawing.drawn if entry[0] == id(self)}

    def advance_evaluation(self) -> None:
        """Ends an evaluation step."""
        self.evaluation_step.assign_add(1)

    def restart_evaluation(self) -> None:
        """Makes the next evaluation draw what the first one drew."""
        self.evaluation_step.assign(0)

    def _rows(self, rows: tf.Tensor, size: int, purpose: str, step: keras.Variable, uniform: bool) -> tf.Tensor:
        place = replica_rows(rows)
        seed = self._seed(purpose, step)
        draw = tf.random.stateless_uniform if uniform else tf.random.stateless_normal
        noise = draw(tf.stack([place.total, size]), seed)
        return tf.ensure_shape(noise[place.start : place.start + place.local], (None, size))

    def _seed(self, purpose: str, step: keras.Variable) -> tf.Tensor:
        if _drawing.drawn is not None:
            if (id(self), purpose) in _drawing.drawn:
                raise InputError(f"noise must be drawn once a step for each purpose. Received: {purpose!r} again.")
            _drawing.drawn.add((id(self), purpose))
        seed = tf.constant([self.seed, zlib.crc32(purpose.encode())], tf.int64)
        return tf.random.experimental.stateless_fold_in(seed, tf.convert_to_tensor(step))
