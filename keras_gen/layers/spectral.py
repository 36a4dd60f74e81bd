"""Convolution, dense layer and embedding whose weight has the largest singular value 1.

Source: Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks", equations 8, 11 and 12, and
algorithm 1.
"""

from __future__ import annotations

from typing import Any, ClassVar

import keras
from keras import ops

EPSILON = 1e-12


class _SpectralNormalization(keras.layers.Layer):
    """Before a Keras layer among the bases of a class: its weight is divided by `sigma`, an estimate of its largest
    singular value, where it is used. The weight that is stored, regularized and trained stays as it is.

    As a matrix a weight has its last axis as columns. Every call in training takes one step of power iteration from
    the saved singular vector `u`; in inference `u` stays, and the layer is the same function of its input always.
    A frozen layer is in inference. Gradients go through the weight and through `sigma`, with both singular vectors
    held fixed; `sigma` is computed in the type that the weight is stored in, whatever type the layer computes in.
    """

    normalized: ClassVar[str] = "kernel"

    def add_weight(self, *args: Any, **kwargs: Any) -> keras.Variable:
        return super().add_weight(*args, **{**kwargs, "autocast": False})

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        # A single orthogonal column: a random direction of length 1.
        self.u = self.add_weight(
            name="u",
            shape=(getattr(self, self.normalized).shape[-1], 1),
            initializer="orthogonal",
            trainable=False,
            aggregation="only_first_replica",
        )

    def save_own_variables(self, store: Any) -> None:
        super().save_own_variables(store)  # the Keras layers name what they save, and know no `u`
        store["u"] = self.u

    def load_own_variables(self, store: Any) -> None:
        super().load_own_variables(store)
        self.u.assign(store["u"])

    def sigma(self, training: bool = False) -> keras.KerasTensor:
        """The largest singular value as far as it is known: a scalar, at most the true one."""
        weight = ops.convert_to_tensor(getattr(self, self.normalized))
        matrix = ops.reshape(weight, (-1, weight.shape[-1]))
        fixed = ops.stop_gradient(matrix)
        u = ops.convert_to_tensor(self.u)
        v = _unit(ops.matmul(fixed, u))
        if training and self.trainable:
            u = ops.transpose(_unit(ops.matmul(ops.transpose(v), fixed)))
            self.u.assign(u)
        return ops.sum(ops.matmul(ops.transpose(v), matrix) * ops.transpose(u))

    def weight(self, training: bool = False) -> keras.KerasTensor:
        """The normalized weight, of the type that the layer computes in."""
        sigma = self.sigma(training)
        # A weight of zeros has no direction to normalize along and stays as it is.
        divisor = ops.where(sigma > EPSILON, sigma, 1.0)
        return ops.cast(getattr(self, self.normalized) / divisor, self.compute_dtype)

    def finished(self, outputs: keras.KerasTensor) -> keras.KerasTensor:
        """`outputs` with the layer's bias and activation, where it has them."""
        if self.use_bias:
            outputs = ops.add(outputs, ops.cast(self.bias, self.compute_dtype))
        return outputs if self.activation is None else self.activation(outputs)


@keras.saving.register_keras_serializable(package="keras_gen")
class SpectralConv2D(_SpectralNormalization, keras.layers.Conv2D):
    """`keras.layers.Conv2D`, channels last, with a spectrally normalized kernel."""

    def call(self, inputs: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        return self.finished(self.convolution_op(inputs, self.weight(training)))


@keras.saving.register_keras_serializable(package="keras_gen")
class SpectralDense(_SpectralNormalization, keras.layers.Dense):
    """`keras.layers.Dense` with a spectrally normalized kernel."""

    def call(self, inputs: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        return self.finished(ops.matmul(inputs, self.weight(training)))


@keras.saving.register_keras_serializable(package="keras_gen")
class SpectralEmbedding(_SpectralNormalization, keras.layers.Embedding):
    """`keras.layers.Embedding` with a spectrally normalized table."""

    normalized = "embeddings"

    def call(self, inputs: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        return ops.take(self.weight(training), ops.cast(inputs, "int32"), axis=0)

    def compute_output_spec(self, inputs: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        return super().compute_output_spec(inputs)


def _unit(vector: keras.KerasTensor) -> keras.KerasTensor:
    return vector / (ops.norm(vector) + EPSILON)
