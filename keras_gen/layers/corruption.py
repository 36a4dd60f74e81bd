"""Damage that a denoising autoencoder learns to undo, or that all pictures of a data set have."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import keras
import tensorflow as tf

from keras_gen.registry import Registry
from serving.common.errors import InputError, require_at_least

BLACK, WHITE = -1.0, 1.0


@dataclass(frozen=True)
class Damage:
    """A way to corrupt pictures.

    Attributes:
        apply: of pictures in [-1, 1], noise, both (batch, height, width, channels), and the amount: corrupted pictures.
        uniform: whether the noise is uniform on [0, 1) instead of standard normal.
        share: whether the amount is the share of values hit, which is at most 1.
    """

    apply: Callable[[tf.Tensor, tf.Tensor, float], tf.Tensor]
    uniform: bool = False
    share: bool = False


def _gaussian(images: tf.Tensor, noise: tf.Tensor, deviation: float) -> tf.Tensor:
    """Adds normal noise of this deviation."""
    return images + deviation * noise


def _masking(images: tf.Tensor, noise: tf.Tensor, share: float) -> tf.Tensor:
    """Turns this share of the values black."""
    return tf.where(noise < share, BLACK, images)


def _salt_and_pepper(images: tf.Tensor, noise: tf.Tensor, share: float) -> tf.Tensor:
    """Turns this share of the values black or white, as many of both."""
    extreme = tf.where(noise < share / 2.0, BLACK, WHITE)
    return tf.where(noise < share, extreme, images)


def _blocked(images: tf.Tensor, noise: tf.Tensor, share: float) -> tf.Tensor:
    """Turns this share of the pixels black, all channels of each."""
    return tf.where(noise[..., :1] < share, BLACK, images)


def _blocked_patch(images: tf.Tensor, noise: tf.Tensor, share: float) -> tf.Tensor:
    """Turns one rectangle of this share of the picture black."""
    return tf.where(_rectangle(noise, share), BLACK, images)


def _kept_patch(images: tf.Tensor, noise: tf.Tensor, share: float) -> tf.Tensor:
    """Turns this share of the picture black, all but one rectangle."""
    return tf.where(_rectangle(noise, 1.0 - share), images, BLACK)


def _rectangle(noise: tf.Tensor, share: float) -> tf.Tensor:
    """Where a rectangle of this share of a picture is, anywhere within it: bool, (batch, height, width, 1).

    The first number of the noise draws its row and the last one its column.
    """
    draws = tf.reshape(noise, (-1, noise.shape[1:].num_elements()))
    rows = _interval(noise.shape[1], share, draws[:, :1])
    columns = _interval(noise.shape[2], share, draws[:, -1:])
    return rows[:, :, None, None] & columns[:, None, :, None]


def _interval(side: int, share: float, draws: tf.Tensor) -> tf.Tensor:
    """Where one side of that rectangle is, bool, (batch, side), of draws from [0, 1), (batch, 1)."""
    length = round(side * math.sqrt(share))
    first = tf.minimum(tf.floor(draws * (side - length + 1)), side - length)
    places = tf.range(side, dtype=draws.dtype)
    return (places >= first) & (places < first + length)


CORRUPTIONS: Registry[Damage] = Registry(
    "corruption",
    {
        "gaussian": Damage(_gaussian),
        "masking": Damage(_masking, uniform=True, share=True),
        "salt_and_pepper": Damage(_salt_and_pepper, uniform=True, share=True),
        "blocked": Damage(_blocked, uniform=True, share=True),
        "blocked_patch": Damage(_blocked_patch, uniform=True, share=True),
        "kept_patch": Damage(_kept_patch, uniform=True, share=True),
    },
    kind=Damage,
)
Corruption: TypeAlias = Annotated[str, CORRUPTIONS]


@keras.saving.register_keras_serializable(package="keras_gen")
class PixelCorruption(keras.layers.Layer):
    """Corrupts pictures, each on its own.

    The noise is an input, of the picture's shape: standard normal for `gaussian`, else uniform on [0, 1). All is
    float32, whatever networks compute in.

    Args:
        kind: `gaussian` adds noise, `masking` turns values black, `salt_and_pepper` turns them black or white;
            `blocked` turns pixels black, `blocked_patch` a rectangle at a random place, `kept_patch` all but one.
        amount: the noise's standard deviation, where black is -1 and white is 1; or the share of values hit.

    Raises:
        InputError: an unknown kind, a negative amount, a share above 1.

    Source: Vincent et al. 2010, "Stacked Denoising Autoencoders", section 3.3; the last three: Bora et al. 2018,
    "AmbientGAN", section 4 (Block-Pixels, Block-Patch and Keep-Patch).
    """

    def __init__(self, kind: Corruption, amount: float, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        self.damage = CORRUPTIONS.find(kind)
        require_at_least(0, amount=amount)
        if self.damage.share and amount > 1:
            raise InputError(f"`amount` must be at most 1, the share of values hit. Received: {amount}.")
        self.kind = kind
        self.amount = amount
        self.built = True

    @property
    def uniform(self) -> bool:
        """Whether the noise must be uniform rather than normal."""
        return self.damage.uniform

    def call(self, images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        return self.damage.apply(images, noise, self.amount)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "kind": self.kind, "amount": self.amount}
