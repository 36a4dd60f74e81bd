"""Batch normalization whose scale and shift depend on a condition."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from keras_gen.layers.batch_normalization import BatchNormalization
from keras_gen.layers.spectral import SpectralDense


@keras.saving.register_keras_serializable(package="keras_gen")
class ConditionalBatchNormalization(keras.layers.Layer):
    """`(1 + W_g c) * x_normalized + W_b c`: the condition of an example scales and shifts its channels.

    Args:
        momentum: momentum of the moving statistics, as in `keras.layers.BatchNormalization`.
        epsilon: added to the variance.
        spectral_normalization: normalize both matrices spectrally.
        kernel_initializer: of the matrices.
        kernel_regularizer: likewise.

    Input: pictures (batch, height, width, channels); conditions (batch, size).
    Output: (batch, height, width, channels).

    Source: de Vries et al. 2017, "Modulating early visual processing by language", equation 3; gain and shift as in
    Brock et al. 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis", appendix B.
    """

    def __init__(
        self,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        spectral_normalization: bool = False,
        kernel_initializer: Any = "glorot_uniform",
        kernel_regularizer: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, images_shape: tuple[int | None, ...], conditions_shape: tuple[int | None, ...]) -> None:
        channels = images_shape[-1]
        assert channels is not None
        self.normalization = BatchNormalization(
            momentum=self.momentum,
            epsilon=self.epsilon,
            center=False,
            scale=False,
            synchronized=True,
            dtype=self.dtype_policy,
            name="normalization",
        )
        self.normalization.build(images_shape)
        self.gain, self.shift = self._matrix("gain", channels), self._matrix("shift", channels)
        for matrix in (self.gain, self.shift):
            matrix.build(conditions_shape)

    def call(self, images: keras.KerasTensor, conditions: keras.KerasTensor) -> keras.KerasTensor:
        gain, shift = (ops.expand_dims(matrix(conditions), (1, 2)) for matrix in (self.gain, self.shift))
        return (1.0 + gain) * self.normalization(images) + shift

    def compute_output_shape(self, images_shape: tuple[int | None, ...], *_: Any) -> tuple[int | None, ...]:
        return images_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "spectral_normalization": self.spectral_normalization,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }

    def _matrix(self, name: str, channels: int) -> keras.layers.Layer:
        kind = SpectralDense if self.spectral_normalization else layers.Dense
        return kind(
            channels,
            use_bias=False,
            kernel_initializer=self.kernel_initializer,
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.dtype_policy,
            name=name,
        )
