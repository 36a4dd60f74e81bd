"""One learning rate for models with several optimizers, for Keras's learning-rate callbacks."""

from __future__ import annotations

from collections.abc import Sequence

import keras


class JointLearningRate:
    """Stands in for `model.optimizer`: setting its learning rate scales the rates of all players by the same factor.

    `LearningRateScheduler`, `ReduceLROnPlateau` and their like read and write `model.optimizer.learning_rate`.

    Args:
        optimizers: in the order of the players; reading the learning rate returns that of the first one.
    """

    def __init__(self, optimizers: Sequence[keras.optimizers.Optimizer]) -> None:
        self.optimizers = optimizers

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
