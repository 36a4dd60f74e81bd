"""Damage that a denoising autoencoder learns to undo."""

from __future__ import annotations

from typing import Any, Literal

import keras
import tensorflow as tf

from serving.common.errors import InputError, require_among, require_at_least

Corruption = Literal["gaussian", "masking", "salt_and_pepper"]
KINDS = ("gaussian", "masking", "salt_and_pepper")
BLACK, WHITE = -1.0, 1.0


@keras.saving.register_keras_serializable(package="keras_gen")
class PixelCorruption(keras.layers.Layer):
    """Corrupts every value of a picture on its own.

    The noise is an input, of the picture's shape: standard normal for `gaussian`, else uniform on [0, 1). All is
    float32, whatever networks compute in.

    Args:
        kind: `gaussian` adds noise, `masking` turns values black, `salt_and_pepper` turns them black or white.
        amount: the noise's standard deviation, where black is -1 and white is 1; or the share of values hit.

    Raises:
        InputError: an unknown kind, a negative amount, a share above 1.

    Source: Vincent et al. 2010, "Stacked Denoising Autoencoders", section 3.3.
    """

    def __init__(self, kind: Corruption, amount: float, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        require_among(KINDS, corruption=kind)
        require_at_least(0, amount=amount)
        if kind != "gaussian" and amount > 1:
            raise InputError(f"`amount` must be at most 1, the share of values hit. Received: {amount}.")
        self.kind = kind
        self.amount = amount
        self.built = True

    @property
    def uniform(self) -> bool:
        """Whether the noise must be uniform rather than normal."""
        return self.kind != "gaussian"

    def call(self, images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
        if self.kind == "gaussian":
            return images + self.amount * noise
        if self.kind == "masking":
            return tf.where(noise < self.amount, BLACK, images)
        extreme = tf.where(noise < self.amount / 2.0, BLACK, WHITE)
        return tf.where(noise < self.amount, extreme, images)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "kind": self.kind, "amount": self.amount}
