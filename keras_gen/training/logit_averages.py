"""Moving averages of what the discriminator says, for LeCam regularization."""

from __future__ import annotations

import keras
import tensorflow as tf

from keras_gen.layers.replica import weight_for_all
from keras_gen.losses.adversarial import mean_per_example
from keras_gen.losses.consistency import lecam_penalty

REAL, FAKE = "real_logit", "fake_logit"
DECAY = 0.99


class LogitAverages(keras.layers.Layer):
    """Averages of the logits of real and of generated pictures over about the last 100 steps, saved with the model.

    Source: Tseng et al. 2021, "Regularizing Generative Adversarial Networks under Limited Data"; the decay of the
    authors' program. A young average has a shorter memory, as in `update_average`.
    """

    noted_names = (REAL, FAKE)

    def __init__(self) -> None:
        super().__init__(name="logit_averages", dtype="float32", autocast=False)
        self.averages = weight_for_all(self, "averages", (2,))
        self.built = True

    def penalty(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
        """`lecam_penalty` with these averages, (batch,)."""
        real, fake = tf.unstack(tf.convert_to_tensor(self.averages))
        return lecam_penalty(real_logits, fake_logits, real, fake)

    def noted(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """What `update` needs to know of a move of the discriminator, values (batch,) by name."""
        return {REAL: mean_per_example(real_logits), FAKE: mean_per_example(fake_logits)}

    def update(self, means: dict[str, tf.Tensor], count: tf.Tensor, step: tf.Tensor) -> None:
        """Ends a step; arguments as in `AugmentationProbability.update`."""
        passed = tf.cast(step, tf.float32)
        keep = tf.minimum(DECAY, (1.0 + passed) / (10.0 + passed))
        kept = tf.convert_to_tensor(self.averages)
        self.averages.assign(keep * kept + (1.0 - keep) * tf.stack([means[REAL], means[FAKE]]))
