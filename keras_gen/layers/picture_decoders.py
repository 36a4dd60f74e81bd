"""A discriminator's features as the codes of an autoencoder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from keras_gen.layers.gated import GatedLinearUnit
from keras_gen.layers.own_terms import ask
from keras_gen.losses.reconstruction import absolute_error
from serving.common.errors import require_at_least

# Of the features' sides at most, and of `filters`.
DOUBLINGS, WIDENING = 4, 8


@keras.saving.register_keras_serializable(package="keras_gen")
class PictureDecoders(keras.layers.Layer):
    """Lets features through, and asks in training that real pictures can be decoded from them.

    One decoder makes the whole picture of the late features, another one a random quarter of it of the same quarter of
    the early features, so that the discriminator has to know all of a picture. A decoder doubles its sides at most four
    times: larger pictures are made smaller before they are compared. What is asked for is the sum of both mean absolute
    errors, where the authors' is a perceptual distance of trained features. Nothing is decoded when nobody listens
    (`terms_of_layers`), so that no decoder is in an exported graph.

    Args:
        weight: of the errors beside the discriminator's loss.
        filters: channels before a decoder's last convolution; twice as many at each lower resolution, up to 8 times
            `filters`.

    Inputs: pictures (batch, height, width, channels) in [-1, 1]; early features with sides of which half are those of
    the late ones; late features (batch, rows, columns, features). Output: the late features.

    Raises:
        InputError: a value out of range.

    Source: Liu et al. 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis",
    section 3.2.
    """

    def __init__(self, weight: float = 1.0, filters: int = 8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        require_at_least(0, weight=weight)
        require_at_least(1, filters=filters)
        self.weight = weight
        self.filters = filters

    def build(self, shapes: list[tuple[int | None, ...]]) -> None:
        picture, early, late = shapes
        self.whole, self.part = (self._decoder(picture, features) for features in (late, early))
        self.whole.build(late)
        self.part.build((early[0], late[1], late[2], early[3]))
        self.built = True

    def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
        images, early, late = inputs
        ask(lambda draw: self.weight * self._errors(images, early, late, draw))
        return late

    def compute_output_shape(self, shapes: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        return shapes[2]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "weight": self.weight, "filters": self.filters}

    def _decoder(self, picture: tuple[int | None, ...], features: tuple[int | None, ...]) -> keras.Sequential:
        assert picture[1] is not None
        assert features[1] is not None
        doublings = min((picture[1] // features[1]).bit_length() - 1, DOUBLINGS)
        kind: dict[str, Any] = {"padding": "same", "dtype": self.dtype_policy, "kernel_initializer": "he_normal"}
        found: list[keras.layers.Layer] = []
        for halved in reversed(range(doublings)):
            width = self.filters * min(2**halved, WIDENING)
            found += [
                layers.UpSampling2D(2, dtype=self.dtype_policy),
                layers.Conv2D(2 * width, 3, **kind),
                GatedLinearUnit(dtype=self.dtype_policy),
            ]
        return keras.Sequential([*found, layers.Conv2D(picture[-1], 3, activation="tanh", **kind)])

    def _errors(
        self, images: tf.Tensor, early: tf.Tensor, late: tf.Tensor, draw: Callable[[tf.Tensor], tf.Tensor]
    ) -> tf.Tensor:
        quarter = tf.cast(4.0 * draw(tf.shape(images)[0])[:, 0], tf.int32)
        seen = _quarters(images, quarter)
        return _error(images, self.whole(late)) + _error(seen, self.part(_quarters(early, quarter)))


def _quarters(maps: tf.Tensor, which: tf.Tensor) -> tf.Tensor:
    """Of each map one of its quarters, 0 to 3 by rows: (batch, height / 2, width / 2, channels)."""
    halves = [half for rows in tf.split(maps, 2, axis=1) for half in tf.split(rows, 2, axis=2)]
    return tf.gather(tf.stack(halves, axis=1), which, batch_dims=1)


def _error(images: tf.Tensor, decoded: tf.Tensor) -> tf.Tensor:
    """(batch,), of pictures that are made as small as the decoded ones."""
    images, decoded = tf.cast(images, tf.float32), tf.cast(decoded, tf.float32)
    factor = images.shape[1] // decoded.shape[1]
    if factor > 1:
        images = tf.nn.avg_pool2d(images, factor, factor, "VALID")
    return absolute_error(images, decoded)
