"""One player's move: the only place where losses are averaged, gradients taken and weights changed."""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf

from keras_gen.training.replica import replica_rows

Values = dict[str, tf.Tensor]


def minimize(loss_fn: Callable[[], Values], network: keras.Model, optimizer: keras.optimizers.Optimizer) -> Values:
    """Moves the weights of `network`, and no others, down the gradient of the mean loss.

    The mean is taken over the global batch: each replica divides its sum by the number of examples of all
    replicas, so that the sum of their gradients, which is what optimizers apply under `tf.distribute`, is
    the gradient of that mean. Weight penalties of the network's layers are added to it.

    Args:
        loss_fn: computes the forward pass and returns values per example, each (batch,); `"loss"` is
            the one to minimize, the others are for reporting.
        network: the player; its trainable weights.
        optimizer: the player's optimizer.

    Returns:
        What `loss_fn` returned, float32, cut off from the gradient.
    """
    variables = network.trainable_variables
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for variable in variables:
            tape.watch(variable.value)
        values = {name: tf.cast(value, tf.float32) for name, value in loss_fn().items()}
        loss = global_mean(values["loss"]) + _weight_penalty(network)
        scaled = optimizer.scale_loss(loss)
    gradients = tape.gradient(scaled, [variable.value for variable in variables])
    optimizer.apply(gradients, variables)
    return {name: tf.stop_gradient(value) for name, value in values.items()}


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
