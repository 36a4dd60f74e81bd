"""What a generator and a discriminator play for: the loss, its penalties, and what the discriminator is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias

import tensorflow as tf

from keras_gen.layers import Augmentation, DifferentiableAugmentation
from keras_gen.layers.own_terms import terms_of_layers
from keras_gen.layers.replica import gathered, replica_rows, sum_over_replicas
from keras_gen.layers.training_noise import TrainingNoise
from keras_gen.losses import PAIRS, balanced_consistency, mean_of_best
from keras_gen.losses.adversarial import mean_per_example
from keras_gen.losses.penalties import Discriminator, Sample
from keras_gen.training.adaptive import AugmentationProbability
from keras_gen.training.generator_penalties import GeneratorPenalties, LazyGeneratorPenalties
from keras_gen.training.logit_averages import LogitAverages
from keras_gen.training.moves import global_mean
from keras_gen.training.penalties import Penalties, checked_penalties, lazy_penalty
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
        penalty_every: steps from one in which the penalties are computed, that many times as heavy, to the next.
        augmentation_target: of `AugmentationProbability`; None augments every picture.
        augmentation_pictures: likewise.
        lecam: weight of `lecam_penalty`.
        consistency: weight of `balanced_consistency`, of real and of generated pictures.
        consistency_augmentation: kinds of `DifferentiableAugmentation` that shall not change what the discriminator
            says.
        top_k: share of the generated pictures that the generator learns from, those that the discriminator likes best.
        top_k_steps: steps over which it falls from 1 to `top_k`; None begins with it.
        generator_penalties: weights of penalties on the generator's gradient by name.
        generator_penalty_every: as `penalty_every`, of these.

    Attributes:
        augmentation_probability: with `augmentation_target`, a layer that the model must own to save it.
        logit_averages: likewise with `lecam`.
        generator_penalties: whose `layers` the model must own likewise.

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
        penalty_every: int = 1,
        augmentation_target: float | None = None,
        augmentation_pictures: int = 500_000,
        lecam: float = 0.0,
        consistency: float = 0.0,
        consistency_augmentation: Sequence[Augmentation] = ("translation",),
        top_k: float = 1.0,
        top_k_steps: int | None = None,
        generator_penalties: GeneratorPenalties = None,
        generator_penalty_every: int = 1,
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
        require_at_least(0, instance_noise=instance_noise, lecam=lecam, consistency=consistency)
        for name, steps in {"instance_noise_steps": instance_noise_steps, "top_k_steps": top_k_steps}.items():
            if steps is not None:
                require_at_least(1, **{name: steps})
        if not 0 < top_k <= 1:
            raise InputError(f"`top_k` must be above 0 and at most 1. Received: {top_k}.")
        if augmentation_target is not None and not augmentation:
            raise InputError("`augmentation_target` needs an `augmentation` to steer. Received: none.")
        self.penalties = checked_penalties(penalties, penalty_every)
        self.penalty_every = penalty_every
        self.smoothing = {"label_smoothing": label_smoothing} if label_smoothing else {}
        self.instance_noise = instance_noise
        self.instance_noise_steps = instance_noise_steps
        self.augmentation = DifferentiableAugmentation(tuple(augmentation)) if augmentation else None
        self.consistency = consistency
        self.change = DifferentiableAugmentation(tuple(consistency_augmentation))
        self.lecam = lecam
        self.top_k = top_k
        self.top_k_steps = top_k_steps
        self.noise = noise
        self.augmentation_probability: AugmentationProbability | None = None
        if augmentation_target is not None:
            boundary = self.pair.boundary
            self.augmentation_probability = AugmentationProbability(
                augmentation_target, augmentation_pictures, boundary
            )
        self.logit_averages = LogitAverages() if lecam else None
        self.generator_penalties = LazyGeneratorPenalties(generator_penalties, generator_penalty_every, noise)
        states = (self.augmentation_probability, self.logit_averages)
        self.states = [state for state in states if state is not None]

    def discriminator_terms(self, judge: Discriminator, real: Sample, fake: Sample, purpose: str) -> Terms:
        """Terms of the discriminator's `Move`: `loss`, with penalties and what its layers ask for, as
        `PictureDecoders` do, `accuracy`, and what `end_step` needs.

        Args:
            judge: the discriminator in training, from samples to logits.
            real: from the data.
            fake: as many generated ones.
            purpose: names the move within the step; other moves get other noise.
        """
        real, fake = self.shown(real, f"{purpose}/real"), self.shown(fake, f"{purpose}/fake")
        with terms_of_layers(lambda rows, use: self.noise.training_rows(rows, 1, f"{purpose}/{use}", True)) as asked:
            real_logits = judge(real)
        fake_logits = judge(fake)
        terms = self.score(real_logits, fake_logits)
        loss = tf.add_n([terms["loss"], *asked]) + self.penalty(judge, real, fake, purpose)
        if self.consistency:
            for sample, logits, side in ((real, real_logits, "real"), (fake, fake_logits, "fake")):
                loss += self.consistency * self._inconsistency(judge, sample, logits, f"{purpose}/{side}")
        judged = [tf.cast(logits, tf.float32) for logits in (real_logits, fake_logits)]
        if self.logit_averages is not None:
            loss += self.lecam * self.logit_averages.penalty(*judged)
        for state in self.states:
            terms |= state.noted(*judged)
        return {**terms, "loss": loss}

    def generator_terms(self, judge: Discriminator, real: Sample, fake: Sample, purpose: str = "generator") -> Terms:
        """Terms of the generator's `Move`: `loss`; arguments as for `discriminator_terms`."""
        fake_logits = judge(self.shown(fake, f"{purpose}/fake"))
        real_logits = judge(self.shown(real, f"{purpose}/real")) if self.pair.relative else None
        return {"loss": self.fooling_loss(fake_logits, real_logits)}

    @property
    def noted_names(self) -> list[str]:
        """Names of the values of the players' moves that `end_step` needs."""
        return [*(name for state in self.states for name in state.noted_names), *self.generator_penalties.noted_names]

    def end_step(self, values: Mapping[str, tf.Tensor]) -> None:
        """Moves what the rules remember.

        Args:
            values: of all moves of the players in the step, (batch,) each.
        """
        means = {name: sum_over_replicas(global_mean(values[name])) for name in self.noted_names}
        for state in self.states:
            count = replica_rows(tf.shape(values[state.noted_names[0]])[0]).total
            named = {name: means[name] for name in state.noted_names}
            state.update(named, tf.cast(count, tf.float32), tf.convert_to_tensor(self.noise.step))
        self.generator_penalties.end_step(means)

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

    def fooling_loss(self, fake_logits: tf.Tensor, real_logits: tf.Tensor | None) -> tf.Tensor:
        """As `generator_loss`, in training: only of the best generated samples where `top_k` says so."""
        losses = self.generator_loss(fake_logits, real_logits)
        if self.top_k == 1:
            return losses
        logits = tf.stop_gradient(mean_per_example(tf.cast(fake_logits, tf.float32)))
        of_all = gathered(logits)
        best = tf.math.ceil(self._share_learnt_from() * tf.cast(tf.size(of_all), tf.float32) - 1e-3)
        return mean_of_best(losses, logits, of_all, tf.cast(tf.maximum(best, 1.0), tf.int32))

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
        return lazy_penalty(self.penalty_every, self.penalties, judge, real, fake, self.noise, purpose)

    def _inconsistency(self, judge: Discriminator, sample: Sample, logits: tf.Tensor, purpose: str) -> tf.Tensor:
        """By how much a change of a sample's pictures changes its logits, (batch,)."""
        images, *others = sample if isinstance(sample, tuple) else (sample,)
        draws = self.noise.training_rows(tf.shape(images)[0], self.change.noise_size, f"{purpose}/consistency", True)
        changed = self.change(images, tf.cast(draws, images.dtype))
        again = judge((changed, *others) if isinstance(sample, tuple) else changed)
        return balanced_consistency(tf.cast(logits, tf.float32), tf.cast(again, tf.float32))

    def _pictures(self, images: tf.Tensor, purpose: str) -> tf.Tensor:
        rows = tf.shape(images)[0]
        if self.augmentation is not None:
            draws = self.noise.training_rows(rows, self.augmentation.noise_size, f"{purpose}/augmentation", True)
            images = self.augmentation(images, tf.cast(draws, images.dtype), self._augmented(rows, purpose))
        if self.instance_noise:
            size = images.shape[1:].num_elements()
            normal = self.noise.training_rows(rows, size, f"{purpose}/instance_noise")
            images += tf.cast(self._deviation() * tf.reshape(normal, tf.shape(images)), images.dtype)
        return images

    def _augmented(self, rows: tf.Tensor, purpose: str) -> tf.Tensor | None:
        """Which kinds of augmentation each picture gets, (rows, kinds); None for all."""
        if self.augmentation is None or self.augmentation_probability is None:
            return None
        kinds = len(self.augmentation.kinds)
        chances = self.noise.training_rows(rows, kinds, f"{purpose}/augmentation_chances", True)
        return chances < tf.convert_to_tensor(self.augmentation_probability.probability)

    def _share_learnt_from(self) -> Any:
        """`top_k` at this step."""
        return 1.0 - (1.0 - self.top_k) * (1.0 if self.top_k_steps is None else self._progress(self.top_k_steps))

    def _progress(self, steps: int) -> tf.Tensor:
        """How much of the first `steps` steps is over, from 0 to 1."""
        return tf.minimum(1.0, tf.cast(tf.convert_to_tensor(self.noise.step), tf.float32) / steps)

    def _deviation(self) -> Any:
        """The instance noise's standard deviation at this step."""
        if self.instance_noise_steps is None:
            return self.instance_noise
        return self.instance_noise * (1.0 - self._progress(self.instance_noise_steps))
