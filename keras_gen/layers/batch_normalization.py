"""Batch normalization as one operation of TensorFlow, where Keras makes a dozen of them."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from keras_gen.layers.fused_normalization import FUSED_TYPES, fused_normalization


@keras.saving.register_keras_serializable(package="keras_gen")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, which on one device trains by TensorFlow's fused kernel.

    Weights, options and results are Keras's; statistics are float32 whatever the compute dtype. Keras computes them in
    about twelve passes over the batch, forward and backward, in float32; the fused kernel takes four, in the compute
    dtype. On several replicas, with `renorm`, a mask, or an axis other than the last, Keras computes.

    Input and output: (batch, ..., channels).

    Source: Ioffe & Szegedy 2015, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
    Covariate Shift", algorithm 1.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: Any = None) -> tf.Tensor:
        if not (training and self.trainable and mask is None and self._fusible(inputs)):
            return super().call(inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        scale = self.gamma if self.scale else tf.ones(channels)
        shift = self.beta if self.center else tf.zeros(channels)
        normalized, mean, variance = fused_normalization(inputs, scale, shift, self.epsilon)
        self._keep(self.moving_mean, mean)
        self._keep(self.moving_variance, variance)
        return normalized

    def _fusible(self, inputs: tf.Tensor) -> bool:
        context = tf.distribute.get_replica_context()
        alone = context is not None and context.num_replicas_in_sync == 1
        last = self.axis in (-1, inputs.shape.rank - 1)
        return alone and last and not self.renorm and inputs.dtype in FUSED_TYPES and inputs.dtype == self.compute_dtype

    def _keep(self, kept: keras.Variable, measured: tf.Tensor) -> None:
        """The moving average of a statistic, which no gradient goes through."""
        kept.assign(kept * self.momentum + tf.stop_gradient(measured) * (1.0 - self.momentum))
