"""How often pictures are augmented, steered by how well the discriminator knows those of the data."""

from __future__ import annotations

import keras
import tensorflow as tf

from keras_gen.layers.replica import weight_for_all
from keras_gen.losses.adversarial import mean_per_example
from serving.common.errors import InputError, require_at_least

INTERVAL = 4
SIGN = "real_sign"


class AugmentationProbability(keras.layers.Layer):
    """The probability of adaptive discriminator augmentation (ADA), a weight that is saved with the model.

    Every fourth step it goes up or down, depending on whether `r_t`, the mean of `sign(D(x))` over the real pictures of
    these steps, is above or below the target. It stays within [0, 1]. Where only differences of logits mean something,
    `r_t` is the mean of `sign(D(x) - D(G(z)))`.

    Args:
        target: of `r_t`, between -1 and 1; 0.6 in the paper.
        pictures: of the data, over which the probability can rise from 0 to 1; 500,000 in the paper.
        boundary: the logit between "generated" and "real"; None where only differences mean something.

    Raises:
        InputError: a value out of range.

    Source: Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data", section 3.
    """

    noted_names = (SIGN,)

    def __init__(self, target: float, pictures: int, boundary: float | None) -> None:
        super().__init__(name="augmentation_probability", dtype="float32", autocast=False)
        if not -1 < target < 1:
            raise InputError(f"`augmentation_target` must be between -1 and 1. Received: {target}.")
        require_at_least(1, augmentation_pictures=pictures)
        self.target = target
        self.pictures = pictures
        self.boundary = boundary
        self.probability = weight_for_all(self, "probability")
        # Of the steps since it last moved: the sum of the signs, and the number of pictures.
        self.seen = weight_for_all(self, "seen", (2,))
        self.built = True

    def noted(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """What `update` needs to know of a move of the discriminator, values (batch,) by name."""
        limit = fake_logits if self.boundary is None else self.boundary
        return {SIGN: mean_per_example(tf.sign(real_logits - limit))}

    def update(self, means: dict[str, tf.Tensor], count: tf.Tensor, step: tf.Tensor) -> None:
        """Ends a step.

        Args:
            means: of what was noted, over the `count` pictures of the global batch.
            count: float scalar.
            step: integer scalar, from 0.
        """
        seen = tf.convert_to_tensor(self.seen) + tf.stack([means[SIGN] * count, count])
        due = tf.cast(tf.equal(tf.math.floormod(step + 1, INTERVAL), 0), tf.float32)
        further = tf.sign(seen[0] / seen[1] - self.target) * seen[1] / self.pictures
        self.probability.assign(tf.clip_by_value(tf.convert_to_tensor(self.probability) + due * further, 0.0, 1.0))
        self.seen.assign((1.0 - due) * seen)
