"""One player's move: the only place where losses are averaged, gradients taken and weights changed."""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

from keras_gen.layers.replica import replica_rows, sum_over_replicas
from keras_gen.training.resting import apply_unless
from serving.errors import InputError

Values = dict[str, tf.Tensor]


def minimize(
    loss_fn: Callable[[], Values],
    network: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    tape: tf.GradientTape | None = None,
    rest_above: float | None = None,
) -> Values:
    """Moves the weights of `network`, and no others, down the gradient of the mean loss.

    The mean is taken over the global batch: each replica divides its sum by the number of examples of all
    replicas, so that the sum of their gradients, which is what optimizers apply under `tf.distribute`, is
    the gradient of that mean. Weight penalties of the network's layers are added to it.

    Args:
        loss_fn: computes the forward pass and returns values per example, each (batch,); `"loss"` is
            the one to minimize, the others are for reporting.
        network: the player; its trainable weights.
        optimizer: the player's optimizer.
        tape: what `watching(network)` returned, if a part of the forward pass was recorded on it before.
        rest_above: the player rests, and neither its weights nor its optimizer change, where the mean of the value
            `"accuracy"` over the global batch is above this.

    Returns:
        What `loss_fn` returned, float32, cut off from the gradient.

    Raises:
        InputError: a scaled loss, which float16 needs, with several replicas.
    """
    _check_scaling(optimizer)
    variables = network.trainable_variables
    tape = watching(network) if tape is None else tape
    with tape:
        values = {name: tf.cast(value, tf.float32) for name, value in loss_fn().items()}
        loss = global_mean(values["loss"]) + _weight_penalty(network)
        scaled = optimizer.scale_loss(loss)
    gradients = tape.gradient(scaled, [variable.value for variable in variables])
    if rest_above is None:
        optimizer.apply(gradients, variables)
    else:
        rests = sum_over_replicas(global_mean(values["accuracy"])) > rest_above
        apply_unless(rests, optimizer, gradients, variables)
    return {name: tf.stop_gradient(value) for name, value in values.items()}


def _check_scaling(optimizer: keras.optimizers.Optimizer) -> None:
    """Keras looks for gradients out of range on the first replica alone, before the replicas' are added up."""
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer) and replicas > 1:
        raise InputError(
            f"mixed_float16 must be trained on one device; mixed_bfloat16 needs no scaling. Received: {replicas}."
        )


def watching(network: keras.Model) -> tf.GradientTape:
    """A tape that records what depends on the trainable weights of `network` and on nothing else.

    For a forward pass that another player's move needs too: `with watching(...) as tape:`, the other move, and then
    `minimize(..., tape=tape)`.
    """
    tape = tf.GradientTape(watch_accessed_variables=False)
    with tape:
        for variable in network.trainable_variables:
            tape.watch(variable.value)
    return tape


def global_mean(per_example: tf.Tensor) -> tf.Tensor:
    """This replica's share of the mean over the global batch: the shares of all replicas add up to it.

    Args:
        per_example: (batch,).

    Returns:
        Scalar of the same type.
    """
    total = replica_rows(tf.shape(per_example)[0]).total
    return tf.reduce_sum(per_example) / tf.cast(total, per_example.dtype)


def _weight_penalty(network: keras.Model) -> tf.Tensor:
    """Sum of the penalties of the layers; every replica has the same, and they are summed up."""
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    return tf.add_n([tf.constant(0.0), *(tf.cast(term, tf.float32) for term in network.losses)]) / replicas
