"""Adam as one operation for each weight, where Keras makes a dozen of them."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_gen")
class Adam(keras.optimizers.Adam):
    """`keras.optimizers.Adam`, which updates a weight and both of its moments in one pass over their numbers.

    Options, state and results are Keras's. With `amsgrad`, and for gradients that hold some rows alone, Keras computes.

    Source: Kingma & Ba 2015, "Adam: A Method for Stochastic Optimization", the end of section 2.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if self.amsgrad or isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable, learning_rate)
            return
        index = self._get_variable_index(variable)
        kind = variable.dtype
        step = tf.cast(self.iterations, kind) + 1.0
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, kind), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, kind), step),
            lr=tf.cast(learning_rate, kind),
            beta1=tf.cast(self.beta_1, kind),
            beta2=tf.cast(self.beta_2, kind),
            epsilon=tf.cast(self.epsilon, kind),
            grad=tf.cast(gradient, kind),
        )
