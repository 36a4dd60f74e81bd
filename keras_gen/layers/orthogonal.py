"""Orthogonal regularization of the filters of a layer."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from serving.common.errors import require_at_least


@keras.saving.register_keras_serializable(package="keras_gen")
class OffDiagonalOrthogonal(keras.regularizers.Regularizer):
    """`beta * ||W^T W * (1 - I)||_F^2`: the products of different columns of a weight, squared and summed.

    The weight is reshaped to a matrix whose columns are the filters, its last axis. Their norms are not penalized.

    Args:
        beta: weight of the penalty, at least 0.

    Raises:
        InputError: a negative weight.

    Source: Brock et al. 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis", equation 3.
    """

    def __init__(self, beta: float = 1e-4) -> None:
        require_at_least(0, beta=beta)
        self.beta = beta

    def __call__(self, weight: keras.KerasTensor) -> keras.KerasTensor:
        matrix = ops.reshape(weight, (-1, weight.shape[-1]))
        products = ops.matmul(ops.transpose(matrix), matrix)
        return self.beta * ops.sum(ops.square(products * (1.0 - ops.eye(weight.shape[-1], dtype=products.dtype))))

    def get_config(self) -> dict[str, Any]:
        return {"beta": self.beta}
