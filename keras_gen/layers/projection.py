"""The last layer of a projection discriminator."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from keras_gen.layers.spectral import SpectralDense, SpectralEmbedding
from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class ProjectionHead(keras.layers.Layer):
    """`psi(f) + embed(y) . f`: one logit of features and a class, `psi` a dense layer.

    Args:
        classes: number of classes.
        spectral_normalization: normalize both weights spectrally.
        kernel_initializer: of both weights.

    Input: features (batch, size); labels (batch,), integers from 0 to classes - 1.
    Output: (batch, 1).

    Raises:
        InputError: fewer than one class.

    Source: Miyato & Koyama 2018, "cGANs with Projection Discriminator", equation 3.
    """

    def __init__(
        self,
        classes: int,
        spectral_normalization: bool = False,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        require_at_least(1, classes=classes)
        self.classes = classes
        self.spectral_normalization = spectral_normalization
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, features_shape: tuple[int | None, ...], labels_shape: tuple[int | None, ...]) -> None:
        dense, embedding = (
            (SpectralDense, SpectralEmbedding) if self.spectral_normalization else (layers.Dense, layers.Embedding)
        )
        given = {"dtype": self.dtype_policy}
        self.psi = dense(1, kernel_initializer=self.kernel_initializer, name="psi", **given)
        self.embedding = embedding(self.classes, features_shape[-1], self.kernel_initializer, name="embedding", **given)
        self.psi.build(features_shape)
        self.embedding.build(labels_shape)

    def call(self, features: keras.KerasTensor, labels: keras.KerasTensor) -> keras.KerasTensor:
        return self.psi(features) + ops.sum(self.embedding(labels) * features, axis=-1, keepdims=True)

    def compute_output_shape(self, features_shape: tuple[int | None, ...], *_: Any) -> tuple[int | None, ...]:
        return features_shape[0], 1

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "classes": self.classes,
            "spectral_normalization": self.spectral_normalization,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
