"""An exponential moving average of a network, kept beside it."""

from __future__ import annotations

import keras
import tensorflow as tf

from keras_gen.training.config import classes_of


def averaged_copy(network: keras.Model) -> keras.Model:
    """A copy of `network` with equal weights that no optimizer touches; `update_average` moves it."""
    with classes_of(network):
        average = keras.models.clone_model(network)
    average.set_weights(network.get_weights())
    average.trainable = False
    return average


def update_average(average: keras.Model, network: keras.Model, decay: float, step: tf.Tensor) -> None:
    """`average <- d * average + (1 - d) * network` for trained weights; statistics are copied.

    `d = min(decay, (1 + step) / (10 + step))`, so that a young average forgets the random start.

    Args:
        average: what `averaged_copy(network)` returned.
        network: the network in training.
        decay: between 0 and 1; its memory is about `1 / (1 - decay)` steps.
        step: number of updates so far, integer scalar.

    Source: the schedule of `tf.train.ExponentialMovingAverage`; Yaz et al. 2019, "The Unusual
    Effectiveness of Averaging in GAN Training".
    """
    t = tf.cast(step, tf.float32)
    keep = tf.minimum(decay, (1.0 + t) / (10.0 + t))
    pairs = list(zip(average.weights, network.weights, strict=True))

    def update(strategy: tf.distribute.Strategy, keep: tf.Tensor) -> None:
        for mean, weight in pairs:
            strategy.extended.update(mean.value, _towards, args=(weight.value, keep, weight.trainable))

    # Under a strategy mirrored weights may only be assigned where all replicas have met.
    tf.distribute.get_replica_context().merge_call(update, args=(keep,))


def _towards(mean: tf.Variable, weight: tf.Tensor, keep: tf.Tensor, averaged: bool) -> None:
    value = tf.convert_to_tensor(weight)
    if averaged:
        value += tf.cast(keep, value.dtype) * (tf.convert_to_tensor(mean) - value)
    mean.assign(value)
