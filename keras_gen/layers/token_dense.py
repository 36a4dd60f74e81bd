"""A dense layer at every place of a row."""

from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gen")
class TokenDense(keras.layers.Dense):
    """`keras.layers.Dense` on (batch, places, width), as one product of matrices between two reshapes.

    Keras's own asks the tensor for its shape, which is eight more nodes of an exported graph each time.
    """

    def call(self, inputs: keras.KerasTensor, training: bool | None = None) -> keras.KerasTensor:
        _, places, width = inputs.shape
        outputs = super().call(ops.reshape(inputs, (-1, width)), training=training)
        return ops.reshape(outputs, (-1, places, self.units))
