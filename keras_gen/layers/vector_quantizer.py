"""Vectors replaced by the nearest of a learned codebook."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_gen.layers.replica import rows_at_once, sum_over_replicas, weight_for_all
from keras_gen.layers.training_noise import TrainingNoise
from serving.common.errors import InputError, require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class VectorQuantizer(keras.layers.Layer):
    """The nearest code of a codebook, with the gradient passed straight through to the vector.

    The codebook is learned without a gradient: a code is the moving average of the vectors that were nearest to it,
    over the global batch of all replicas. A code whose moving average of uses falls below the share `revival` of an
    even use is replaced by a vector of the batch, drawn through the training noise. The first batch replaces all.

    Args:
        codes: how many there are.
        size: length of a code.
        decay: of the moving averages, from 0 to below 1.
        revival: see above, from 0, which replaces no code, to below 1.

    Input: vectors (batch, rows, columns, size).

    Output: codes in place of the vectors, of the same shape; their indices, int32 (batch, rows, columns, 1); and
    the commitment `|z - sg(e)|^2` as the mean over the numbers of a vector, (batch, rows, columns).

    Raises:
        InputError: a value out of range.

    Source: van den Oord et al. 2017, "Neural Discrete Representation Learning", equations 1 to 3 and appendix A.1;
    revival: Dhariwal et al. 2020, "Jukebox", section 3.1.
    """

    depth = 1

    def __init__(self, codes: int, size: int, decay: float = 0.99, revival: float = 0.05, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        require_at_least(2, codes=codes)
        require_at_least(1, size=size)
        for name, share in (("decay", decay), ("revival", revival)):
            if not 0 <= share < 1:
                raise InputError(f"`{name}` must be from 0 to below 1. Received: {share}.")
        self.codes = codes
        self.size = size
        self.decay = decay
        self.revival = revival
        uniform = keras.initializers.RandomUniform(-1 / codes, 1 / codes)
        self.codebook = weight_for_all(self, "codebook", (codes, size), initializer=uniform)
        self.uses = weight_for_all(self, "uses", (codes,))
        self.sums = weight_for_all(self, "sums", (codes, size))
        self.built = True

    def call(self, vectors: keras.KerasTensor) -> tuple[keras.KerasTensor, keras.KerasTensor, keras.KerasTensor]:
        codes = self.nearest(vectors)
        chosen = self.vectors_of(codes)
        commitment = ops.mean(ops.square(vectors - ops.stop_gradient(chosen)), axis=-1)
        return vectors + ops.stop_gradient(chosen - vectors), codes, commitment

    def nearest(self, vectors: keras.KerasTensor) -> keras.KerasTensor:
        """Indices of the nearest codes, int32 (..., 1); of codes that are equally near the first."""
        codebook = ops.convert_to_tensor(self.codebook)
        # The square of the vector itself is the same for all codes.
        distances = ops.sum(ops.square(codebook), axis=-1) - 2.0 * ops.matmul(vectors, ops.transpose(codebook))
        return ops.cast(ops.argmin(distances, axis=-1), "int32")[..., None]

    def vectors_of(self, codes: keras.KerasTensor) -> keras.KerasTensor:
        """The codes of indices, (..., 1) to (..., size)."""
        return ops.take(ops.convert_to_tensor(self.codebook), codes[..., 0], axis=0)

    def learning(self, vectors: tf.Tensor) -> list[tuple[VectorQuantizer, tf.Tensor]]:
        """The codebooks that learn from encoded vectors, each with what it learns from."""
        return [(self, vectors)]

    def learn(self, vectors: tf.Tensor, noise: TrainingNoise, purpose: str) -> None:
        """Moves the codes towards the vectors of the global batch; to be called once in a step, on all replicas.

        Args:
            vectors: this replica's, (batch, rows, columns, size).
            noise: of the model.
            purpose: names this codebook for it.
        """
        flat = tf.reshape(vectors, (-1, self.size))
        drawn, total = self._drawn(flat, noise, purpose)
        chosen = tf.one_hot(self.nearest(flat)[:, 0], self.codes)
        # One sum over the replicas for all three: each is a collective of its own otherwise.
        found = sum_over_replicas(
            tf.concat([tf.reduce_sum(chosen, axis=0)[:, None], tf.matmul(chosen, flat, transpose_a=True), drawn], 1)
        )
        counts, sums, candidates = tf.split(found, [1, self.size, self.size], axis=1)
        uses = self.decay * self.uses + (1.0 - self.decay) * counts[:, 0]
        sums = self.decay * self.sums + (1.0 - self.decay) * sums
        # A revived code begins with an even use, so that it has time to find some.
        even = tf.cast(total, tf.float32) / self.codes
        dead = uses < self.revival * even
        uses = tf.where(dead, even, uses)
        sums = tf.where(dead[:, None], even * candidates, sums)
        self.uses.assign(uses)
        self.sums.assign(sums)
        # Without revival a code that was never used stays where it is.
        moved = sums / tf.maximum(uses, 1e-12)[:, None]
        self.codebook.assign(tf.where((uses > 0.0)[:, None], moved, self.codebook))

    def _drawn(self, flat: tf.Tensor, noise: TrainingNoise, purpose: str) -> tuple[tf.Tensor, tf.Tensor]:
        """A vector of the global batch for every code, (codes, size), as far as it is on this replica and zeros
        elsewhere; and how many vectors all replicas have."""
        place = rows_at_once(tf.shape(flat)[0])
        share = noise.shared(self.codes, purpose) * tf.cast(place.total, tf.float32)
        row = tf.minimum(tf.cast(share, tf.int32), place.total - 1) - place.start
        own = tf.logical_and(row >= 0, row < place.local)
        return tf.where(own[:, None], tf.gather(flat, tf.clip_by_value(row, 0, place.local - 1)), 0.0), place.total

    def get_config(self) -> dict[str, Any]:
        own = {"codes": self.codes, "size": self.size, "decay": self.decay, "revival": self.revival}
        return {**super().get_config(), **own}
