"""A move that may be skipped, depending on values of the training step."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import tensorflow as tf


def apply_unless(
    rests: tf.Tensor,
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence[tf.Tensor],
    variables: Sequence[keras.Variable],
) -> None:
    """Applies gradients, or leaves the variables and the state of the optimizer unchanged.

    The update is made and then undone, because optimizers exchange gradients between replicas, which is not possible
    inside a condition. Gradients of zero would not be equivalent, because momentum would still move the weights.

    Args:
        rests: boolean scalar, the same on every replica.
        optimizer: of the player.
        gradients: one for each variable.
        variables: of the player.
    """
    state = [*variables, *optimizer.variables]
    before = [tf.identity(tf.convert_to_tensor(variable.value)) for variable in state]
    optimizer.apply(gradients, variables)

    def take_back(strategy: tf.distribute.Strategy, rests: tf.Tensor, before: list[tf.Tensor]) -> None:
        for variable, old in zip(state, before, strict=True):
            strategy.extended.update(variable.value, _keep, args=(old, rests))

    # Under a strategy mirrored weights may only be assigned where all replicas have met.
    tf.distribute.get_replica_context().merge_call(take_back, args=(rests, before))


def _keep(variable: tf.Variable, old: tf.Tensor, rests: tf.Tensor) -> None:
    variable.assign(tf.where(rests, old, tf.convert_to_tensor(variable)))
