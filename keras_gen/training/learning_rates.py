"""One optimizer for models with several, as Keras's callbacks and `summary` expect it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np


class JointLearningRate:
    """Stands in for `model.optimizer`: it has the attributes of an optimizer, over those of all players.

    Setting its learning rate scales the rates of all players by the same factor. The players' own optimizers move the
    weights, and are saved with the model; this object is not.

    Args:
        optimizers: in the order of the players, each built; what is one number of an optimizer is that of the first.
        weights: what each of them moves.
    """

    name = "joint"
    built = True

    def __init__(
        self, optimizers: Sequence[keras.optimizers.Optimizer], weights: Sequence[Sequence[keras.Variable]]
    ) -> None:
        self.optimizers = optimizers
        self._weights = weights

    @property
    def learning_rate(self) -> keras.Variable:
        """The first player's rate."""
        return self.optimizers[0].learning_rate

    @learning_rate.setter
    def learning_rate(self, rate: float) -> None:
        factor = float(rate) / float(self.learning_rate)
        for optimizer in self.optimizers:
            optimizer.learning_rate = float(optimizer.learning_rate) * factor

    @property
    def iterations(self) -> keras.Variable:
        """Steps that the first player has taken."""
        return self.optimizers[0].iterations

    @property
    def variables(self) -> list[keras.Variable]:
        """Those of all players, one player after the other."""
        return [variable for optimizer in self.optimizers for variable in optimizer.variables]

    def get_config(self) -> dict[str, Any]:
        """The configurations of the players' optimizers."""
        configs = [keras.saving.serialize_keras_object(optimizer) for optimizer in self.optimizers]
        return {"name": self.name, "optimizers": configs}

    def save_own_variables(self, store: Any) -> None:
        """Writes `variables` by their numbers, as Keras's optimizers do."""
        for number, variable in enumerate(self.variables):
            store[str(number)] = variable.numpy()

    def load_own_variables(self, store: Mapping[str, np.ndarray]) -> None:
        """Reads what `save_own_variables` wrote."""
        for number, variable in enumerate(self.variables):
            variable.assign(store[str(number)])

    def finalize(self) -> None:
        """Puts the averages of optimizers with `use_ema` into the weights that they move, as `fit` does at its end."""
        for optimizer, weights in zip(self.optimizers, self._weights, strict=True):
            optimizer.finalize_variable_values(weights)
