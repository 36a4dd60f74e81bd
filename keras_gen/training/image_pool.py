"""Generated pictures of earlier steps, which a discriminator is shown among new ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_gen.layers.replica import gathered, rows_at_once, weight_for_all
from keras_gen.layers.training_noise import TrainingNoise
from serving.common.errors import require_at_least


class ImagePool(keras.layers.Layer):
    """Keeps pictures and gives back some of them in place of new ones.

    Until the pool is full it takes every picture and gives it back. Then, with even odds, a picture is given back and
    not kept, or changes places with a random one in the pool; pictures of one batch change places with different ones.
    The pool is one for all replicas and a function of the global batches, each micro-batch one of its own; its pictures
    are weights, saved with the model.

    Input: pictures (batch, height, width, channels), a step's global batch no larger than the pool; and which of the
    step's moves they are for, from 0, since each draws other places.
    Output: as many pictures, without a gradient.

    Args:
        image_shape: (height, width, channels).
        size: pictures that it holds; 0 gives every picture back.
        noise: of the model; draws are those of its step.
        purpose: names the pool; others draw otherwise.

    Source: Shrivastava et al. 2017, "Learning from Simulated and Unsupervised Images through Adversarial Training",
    section 2.3; Zhu et al. 2017, section 4.
    """

    def __init__(
        self, image_shape: tuple[int, ...], size: int, noise: TrainingNoise, purpose: str, **kwargs: Any
    ) -> None:
        super().__init__(name=f"pool_{purpose}", dtype="float32", autocast=False, **kwargs)
        require_at_least(0, size=size)
        self.size = size
        self.noise = noise
        self.purpose = purpose
        self.images = weight_for_all(self, "images", (size, *image_shape))
        self.filled = weight_for_all(self, "filled", dtype="int64")
        self.built = True

    def call(self, images: tf.Tensor, turn: int = 0) -> tf.Tensor:
        if self.size == 0:
            return tf.stop_gradient(images)
        place = rows_at_once(tf.shape(images)[0])
        message = f"a batch must fit into the pool of {self.size} pictures."
        tf.debugging.assert_less_equal(place.total, self.size, message)
        new = gathered(tf.stop_gradient(tf.cast(images, tf.float32)))
        kept, filled = tf.convert_to_tensor(self.images), tf.cast(tf.convert_to_tensor(self.filled), tf.int32)
        # What is free, then what is not, in random order.
        shuffled = tf.argsort(self._draws("places", turn)[:filled])
        slots = tf.concat([tf.range(filled, self.size), shuffled], axis=0)[: place.total]
        fills = slots >= filled
        trades = tf.logical_and(~fills, self._draws("coins", turn)[: place.total] < 0.5)
        given = tf.where(trades[:, None, None, None], tf.gather(kept, slots), new)
        moved = tf.logical_or(fills, trades)
        places, arrivals = tf.boolean_mask(slots, moved)[:, None], tf.boolean_mask(new, moved)
        self.images.assign(tf.tensor_scatter_nd_update(kept, places, arrivals))
        self.filled.assign(tf.cast(tf.minimum(filled + place.total, self.size), tf.int64))
        return tf.cast(given[place.start : place.start + place.local], images.dtype)

    def load_own_variables(self, store: Mapping[str, np.ndarray]) -> None:
        """Pictures of another size, of a model that was trained at one, are left aside: the pool starts anew."""
        if store.keys() and tuple(store["0"].shape) == tuple(self.images.shape):
            super().load_own_variables(store)

    def _draws(self, use: str, turn: int) -> tf.Tensor:
        """(size,) uniform numbers of this move, the same on every replica."""
        purpose = f"pool/{self.purpose}/{use}"
        return self.noise.shared(self.size, f"{purpose}/turn {turn}" if turn else purpose)
