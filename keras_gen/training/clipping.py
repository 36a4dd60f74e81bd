"""Bounds on weights: of their entries, as in the first Wasserstein GAN, and of their singular values."""

from __future__ import annotations

from typing import Any

import keras

from serving.common.errors import InputError


@keras.saving.register_keras_serializable(package="keras_gen")
class WeightBox(keras.constraints.Constraint):
    """Clips every entry of a weight to [-bound, bound] after each update.

    Args:
        bound: above 0; 0.01 in the paper.

    Source: Arjovsky et al. 2017, "Wasserstein GAN", algorithm 1.
    """

    def __init__(self, bound: float) -> None:
        self.bound = bound

    def __call__(self, w: Any) -> Any:
        return keras.ops.clip(w, -self.bound, self.bound)

    def get_config(self) -> dict[str, Any]:
        return {"bound": self.bound}


def clip_weights(network: keras.Model, bound: float) -> None:
    """Clips the trainable weights of `network` now and after every update."""
    box = WeightBox(bound)
    for weight in network.trainable_weights:
        weight.assign(box(weight))
        weight.constraint = box


@keras.saving.register_keras_serializable(package="keras_gen")
class SpectralBound(keras.constraints.Constraint):
    """Scales a weight down where its largest singular value is above a bound, after each update.

    As a matrix a weight has its last axis as columns. The value is found by `STEPS` of power iteration from the same
    vector always, so that every replica finds the same.

    Args:
        bound: above 0.

    Source: Gouk et al. 2021, "Regularisation of Neural Networks by Enforcing Lipschitz Continuity", algorithm 1;
    Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks".
    """

    STEPS = 10

    def __init__(self, bound: float) -> None:
        self.bound = bound

    def __call__(self, w: Any) -> Any:
        weight = keras.ops.convert_to_tensor(w)
        matrix = keras.ops.reshape(weight, (-1, weight.shape[-1]))
        column = keras.ops.cos(keras.ops.arange(weight.shape[-1], dtype=weight.dtype))[:, None]
        for _ in range(self.STEPS):
            row = _unit(keras.ops.matmul(matrix, column))
            column = _unit(keras.ops.matmul(keras.ops.transpose(matrix), row))
        largest = keras.ops.norm(keras.ops.matmul(matrix, column))
        return weight * (self.bound / keras.ops.maximum(largest, self.bound))

    def get_config(self) -> dict[str, Any]:
        return {"bound": self.bound}


def bound_spectra(network: keras.Model, bound: float) -> None:
    """Bounds the largest singular value of every trainable matrix and kernel of `network`, now and after every update.

    Raises:
        InputError: a bound that is not above 0.
    """
    if not bound > 0:
        raise InputError(f"a bound of singular values must be above 0. Received: {bound}.")
    box = SpectralBound(bound)
    for weight in network.trainable_weights:
        if len(weight.shape) > 1:
            weight.assign(box(weight))
            weight.constraint = box


def _unit(vector: Any) -> Any:
    return vector / (keras.ops.norm(vector) + 1e-12)
