"""What a generator and a discriminator play for: the loss, its penalties, and what the discriminator is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

import tensorflow as tf

from keras_gen.layers import Augmentation, DifferentiableAugmentation
from keras_gen.layers.training_noise import TrainingNoise
from keras_gen.losses import PAIRS
from keras_gen.losses.adversarial import mean_per_example
from keras_gen.losses.penalties import Discriminator, Sample
from keras_gen.training.penalties import Penalties, checked_penalties, penalty
from serving.common.errors import InputError, require_at_least

LossName: TypeAlias = Annotated[str, PAIRS]
Terms = dict[str, tf.Tensor]


class Game:
    """The rules between a generator and a discriminator, the same for every model that has the two.

    A sample is what the discriminator judges: pictures (batch, height, width, channels), or a tuple that begins with
    them.

    Args:
        loss: name of a pair of losses.
        penalties: weights of penalties on the discriminator's gradient by name.
        label_smoothing: how far the target of real pictures lies below 1.
        instance_noise: standard deviation of noise on every picture that the discriminator is shown.
        instance_noise_steps: steps over which it falls to 0; None keeps it.
        augmentation: kinds of `DifferentiableAugmentation` of every picture that the discriminator is shown.
        noise: of the model.

    Raises:
        InputError: an unknown name, a value out of range, or rules that exclude each other.
    """

    def __init__(
        self,
        loss: LossName,
        penalties: Penalties,
        label_smoothing: float,
        instance_noise: float,
        instance_noise_steps: int | None,
        augmentation: Sequence[Augmentation],
        noise: TrainingNoise,
    ) -> None:
        self.pair = PAIRS.find(loss)
        if not 0 <= label_smoothing < 1:
            raise InputError(f"`label_smoothing` must be at least 0 and below 1. Received: {label_smoothing}.")
        if label_smoothing and not self.pair.smoothable:
            smoothable = ", ".join(name for name, pair in PAIRS.items() if pair.smoothable)
            raise InputError(
                f"`label_smoothing` needs a loss with targets, one of {smoothable}. Received: {label_smoothing} with "
                f"loss={loss!r}."
            )
        require_at_least(0, instance_noise=instance_noise)
        if instance_noise_steps is not None:
            require_at_least(1, instance_noise_steps=instance_noise_steps)
        self.penalties = checked_penalties(penalties)
        self.smoothing = {"label_smoothing": label_smoothing} if label_smoothing else {}
        self.instance_noise = instance_noise
        self.instance_noise_steps = instance_noise_steps
        self.augmentation = DifferentiableAugmentation(tuple(augmentation)) if augmentation else None
        self.noise = noise

    def discriminator_terms(self, judge: Discriminator, real: Sample, fake: Sample, purpose: str) -> Terms:
        """Terms of the discriminator's `Move`: `loss`, penalties included, and `accuracy`.

        Args:
            judge: the discriminator in training, from samples to logits.
            real: from the data.
            fake: as many generated ones.
            purpose: names the move within the step; other moves get other noise.
        """
        real, fake = self.shown(real, f"{purpose}/real"), self.shown(fake, f"{purpose}/fake")
        terms = self.score(judge(real), judge(fake))
        return {**terms, "loss": terms["loss"] + self.penalty(judge, real, fake, purpose)}

    def generator_terms(self, judge: Discriminator, real: Sample, fake: Sample, purpose: str = "generator") -> Terms:
        """Terms of the generator's `Move`: `loss`; arguments as for `discriminator_terms`."""
        fake_logits = judge(self.shown(fake, f"{purpose}/fake"))
        real_logits = judge(self.shown(real, f"{purpose}/real")) if self.pair.relative else None
        return {"loss": self.generator_loss(fake_logits, real_logits)}

    def score(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> Terms:
        """The discriminator's `loss` without penalties, and its `accuracy`, the share of samples that it tells apart:
        0.5 is guessing; each (batch,).

        Where only differences of logits mean something, it is the share of pairs that are in the right order.
        """
        real, fake = tf.cast(real_logits, tf.float32), tf.cast(fake_logits, tf.float32)
        if self.pair.boundary is None:
            told_apart = mean_per_example(tf.cast(real > fake, tf.float32))
        else:
            right = (real > self.pair.boundary, fake < self.pair.boundary)
            told_apart = tf.add_n([mean_per_example(tf.cast(side, tf.float32)) for side in right]) / 2.0
        return {"loss": self.pair.discriminator_loss(real, fake, **self.smoothing), "accuracy": told_apart}

    def generator_loss(self, fake_logits: tf.Tensor, real_logits: tf.Tensor | None) -> tf.Tensor:
        """(batch,).

        Args:
            fake_logits: of generated samples.
            real_logits: of real ones, which only a relative pair of losses looks at.
        """
        fake = tf.cast(fake_logits, tf.float32)
        if not self.pair.relative:
            return self.pair.generator_loss(fake)
        assert real_logits is not None
        return self.pair.generator_loss(tf.cast(real_logits, tf.float32), fake)

    def shown(self, sample: Sample, purpose: str) -> Sample:
        """What the discriminator is shown of a sample in training, differentiable in the sample.

        Args:
            sample: real or generated.
            purpose: names the use within the step; other purposes get other noise.
        """
        if isinstance(sample, tuple):
            return (self._pictures(sample[0], purpose), *sample[1:])
        return self._pictures(sample, purpose)

    def penalty(self, judge: Discriminator, real: Sample, fake: Sample, purpose: str) -> tf.Tensor | float:
        """The weighted penalties, (batch,), or 0; `real` and `fake` as they were shown."""
        return penalty(self.penalties, judge, real, fake, self.noise, purpose)

    def _pictures(self, images: tf.Tensor, purpose: str) -> tf.Tensor:
        rows = tf.shape(images)[0]
        if self.augmentation is not None:
            draws = self.noise.training_rows(rows, self.augmentation.noise_size, f"{purpose}/augmentation", True)
            images = self.augmentation(images, tf.cast(draws, images.dtype))
        if self.instance_noise:
            size = images.shape[1:].num_elements()
            normal = self.noise.training_rows(rows, size, f"{purpose}/instance_noise")
            images += tf.cast(self._deviation() * tf.reshape(normal, tf.shape(images)), images.dtype)
        return images

    def _deviation(self) -> Any:
        """The instance noise's standard deviation at this step."""
        if self.instance_noise_steps is None:
            return self.instance_noise
        progress = tf.cast(tf.convert_to_tensor(self.noise.step), tf.float32) / self.instance_noise_steps
        return self.instance_noise * tf.maximum(0.0, 1.0 - progress)
