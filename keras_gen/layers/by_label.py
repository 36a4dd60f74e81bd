"""One of several tensors for each example."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gen")
class ByLabel(keras.layers.Layer):
    """Takes each example from the tensor of its label.

    Inputs: labels (batch,), integers from 0; a list of as many tensors (batch, ...) of one shape as there are labels.
    Output: (batch, ...), of the examples with label `i` those of tensor `i`.
    """

    def call(self, labels: keras.KerasTensor, tensors: list[keras.KerasTensor]) -> keras.KerasTensor:
        found = tensors[0]
        ones = (1,) * (len(found.shape) - 1)
        for label, tensor in enumerate(tensors[1:], start=1):
            found = ops.where(ops.reshape(labels == label, (-1, *ones)), tensor, found)
        return found

    def compute_output_shape(
        self, labels_shape: tuple[int | None, ...], tensors_shape: list[Any]
    ) -> tuple[int | None, ...]:
        return tuple(tensors_shape[0])
