"""Class conditioning for networks without a label input: the class is appended to their input."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gen")
class ClassPlane(keras.layers.Layer):
    """Appends one channel to an image: a learned plane for its class.

    Args:
        classes: number of classes.

    Input: pictures (batch, height, width, channels); labels (batch,), integers from 0 to classes - 1.
    Output: (batch, height, width, channels + 1).

    Source: as in the conditional GANs of Denton et al. 2015, "LAPGAN", section 3.3.
    """

    def __init__(self, classes: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.classes = classes

    def build(self, images_shape: tuple[int | None, ...], *_: Any) -> None:
        height, width = images_shape[1:3]
        # Zero at first, as black and white are: a new network does not see the class before it learned what for.
        self.planes = self.add_weight(name="planes", shape=(self.classes, height, width, 1), initializer="zeros")

    def call(self, images: keras.KerasTensor, labels: keras.KerasTensor) -> keras.KerasTensor:
        planes = ops.take(ops.convert_to_tensor(self.planes), labels, axis=0)
        return ops.concatenate([images, ops.cast(planes, images.dtype)], axis=-1)

    def compute_output_shape(self, images_shape: tuple[int | None, ...], *_: Any) -> tuple[int | None, ...]:
        *places, channels = images_shape
        assert channels is not None
        return (*places, channels + 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "classes": self.classes}


@keras.saving.register_keras_serializable(package="keras_gen")
class ClassCode(keras.layers.Layer):
    """Appends the one-hot code of the class to a latent.

    Args:
        classes: number of classes.

    Input: latents (batch, size); labels (batch,), integers from 0 to classes - 1.
    Output: (batch, size + classes).

    Source: Sohn et al. 2015, "Learning Structured Output Representation using Deep Conditional Generative Models".
    """

    def __init__(self, classes: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.classes = classes
        self.built = True

    def call(self, latents: keras.KerasTensor, labels: keras.KerasTensor) -> keras.KerasTensor:
        return ops.concatenate([latents, ops.one_hot(labels, self.classes, dtype=latents.dtype)], axis=-1)

    def compute_output_shape(self, latents_shape: tuple[int | None, ...], *_: Any) -> tuple[int | None, ...]:
        batch, size = latents_shape
        assert size is not None
        return batch, size + self.classes

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "classes": self.classes}
