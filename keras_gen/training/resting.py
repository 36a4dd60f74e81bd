"""A move that may be left out, decided while the step runs."""

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
    """Applies gradients, or leaves the variables and the optimizer's state as they are.

    The update is made and taken back: optimizers exchange gradients between replicas, which they cannot do within a
    condition. A gradient of zero would be something else, since momentum goes on without it.

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
