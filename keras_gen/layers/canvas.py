"""Learned maps that pictures of few pixels start from or end in."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class LearnedPooling(keras.layers.Layer):
    """Sums each channel over its map, with learned weights of the places: a depthwise convolution of the map's size.

    Input: (batch, height, width, channels) of known sides.
    Output: (batch, channels).

    Source: Huang et al. 2024, "The GAN is dead; long live the GAN!", the 4x4 depthwise convolution that the
    discriminator ends with.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        places = input_shape[1] * input_shape[2]  # type: ignore[operator]
        self.weights_of_places = self.add_weight(
            name="weights_of_places",
            shape=input_shape[1:],
            initializer=keras.initializers.RandomNormal(stddev=places**-0.5),
        )

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return ops.sum(inputs * ops.convert_to_tensor(self.weights_of_places), axis=(1, 2))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape[0], input_shape[-1]


@keras.saving.register_keras_serializable(package="keras_gen")
class LearnedCanvas(keras.layers.Layer):
    """A learned map of each channel, multiplied by one number of each example.

    Args:
        height: of the map, at least 1.
        width: likewise.
        channels: as many maps, the same for all examples, whatever the input is; None takes the input's numbers.

    Input: (batch, channels), or (batch, ...) with `channels`.
    Output: (batch, height, width, channels).

    Raises:
        InputError: a side below 1.

    Source: Huang et al. 2024, "The GAN is dead; long live the GAN!", the 4x4 basis that the generator begins with;
    Karras et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks", section 2, for the
    same maps.
    """

    def __init__(self, height: int, width: int, channels: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        require_at_least(1, height=height, width=width)
        self.height = height
        self.width = width
        self.channels = channels

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.canvas = self.add_weight(
            name="canvas",
            shape=(self.height, self.width, self.channels or input_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
        )

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        if self.channels is not None:
            inputs = ops.ones_like(ops.reshape(inputs, (ops.shape(inputs)[0], -1))[:, :1])
        return inputs[:, None, None, :] * ops.convert_to_tensor(self.canvas)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape[0], self.height, self.width, self.channels or input_shape[-1]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.height, "width": self.width, "channels": self.channels}
