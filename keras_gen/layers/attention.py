"""Self-attention over the positions of an image."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from keras_gen.layers.spectral import SpectralConv2D
from serving.common.errors import InputError

NARROWING = 8
POOLING = 2


@keras.saving.register_keras_serializable(package="keras_gen")
class SelfAttention(keras.layers.Layer):
    """`x + gamma * out(softmax(theta(x) phi(x)^T) g(x))`: every position attends to all others.

    `theta`, `phi`, `g` and `out` are 1x1 convolutions without bias, to channels / 8, channels / 8, channels / 2 and
    back to channels; `phi` and `g` are max-pooled to half the sides. `gamma` is a learned number that starts at 0,
    so that a new layer is the identity.

    Args:
        spectral_normalization: normalize the four convolutions spectrally.
        kernel_initializer: of the convolutions.
        kernel_regularizer: likewise.

    Input: (batch, height, width, channels), height and width at least 2, channels at least 8.
    Output: of the same shape.

    Raises:
        InputError: an input that is too small.

    Source: Zhang et al. 2019, "Self-Attention Generative Adversarial Networks", equations 1 to 3; pooled as in
    Brock et al. 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis".
    """

    def __init__(
        self,
        spectral_normalization: bool = False,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape: tuple[int, ...]) -> None:
        _, height, width, channels = input_shape
        if min(height, width) < POOLING or channels < NARROWING:
            raise InputError(
                f"attention must see a side of at least {POOLING} and {NARROWING} channels. "
                f"Received: {height}x{width}x{channels}."
            )
        self.theta = self._convolution("theta", channels // NARROWING)
        self.phi = self._convolution("phi", channels // NARROWING)
        self.g = self._convolution("g", channels // 2)
        self.out = self._convolution("out", channels)
        for convolution in (self.theta, self.phi, self.g):
            convolution.build(input_shape)
        self.out.build((*input_shape[:3], channels // 2))
        self.gamma = self.add_weight(name="gamma", shape=(), initializer="zeros")

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        _, height, width, _ = inputs.shape
        queries = _places(self.theta(inputs))
        keys, values = (_places(ops.max_pool(part(inputs), POOLING)) for part in (self.phi, self.g))
        scores = ops.matmul(queries, ops.transpose(keys, (0, 2, 1)))
        attention = ops.cast(ops.softmax(ops.cast(scores, "float32"), axis=-1), values.dtype)
        seen = ops.reshape(ops.matmul(attention, values), (-1, height, width, values.shape[-1]))
        return inputs + self.gamma * self.out(seen)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "spectral_normalization": self.spectral_normalization,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }

    def _convolution(self, name: str, filters: int) -> keras.layers.Layer:
        kind = SpectralConv2D if self.spectral_normalization else layers.Conv2D
        return kind(
            filters,
            1,
            use_bias=False,
            kernel_initializer=self.kernel_initializer,
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.dtype_policy,
            name=name,
        )


def _places(x: keras.KerasTensor) -> keras.KerasTensor:
    """(batch, height, width, channels) -> (batch, height * width, channels)."""
    return ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3]))
