"""Pictures that are trained like weights, whose posteriors make up a prior."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class PseudoPictures(keras.layers.Layer):
    """Pictures in (-1, 1) that are weights.

    Args:
        count: how many.
        image_shape: (height, width, channels).
        seed: of the first ones, which are noise.

    Raises:
        InputError: fewer than one.

    Source: Tomczak & Welling 2018, "VAE with a VampPrior", section 3.
    """

    def __init__(self, count: int, image_shape: tuple[int, ...], seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", **kwargs})
        require_at_least(1, pseudo_inputs=count)
        self.count = count
        self.image_shape = tuple(image_shape)
        self.seed = seed
        self.before_tanh = self.add_weight(
            name="before_tanh",
            shape=(count, *self.image_shape),
            initializer=keras.initializers.RandomNormal(stddev=1.0, seed=seed),
        )
        self.built = True

    def pictures(self) -> keras.KerasTensor:
        """(count, height, width, channels), float32; a layer that is called must have an input."""
        return ops.tanh(ops.convert_to_tensor(self.before_tanh))

    def get_config(self) -> dict[str, Any]:
        own = {"count": self.count, "image_shape": self.image_shape, "seed": self.seed}
        return {**super().get_config(), **own}
