"""Weight clipping, with which the first Wasserstein GAN bounded the slope of its critic."""

from __future__ import annotations

from typing import Any

import keras


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
