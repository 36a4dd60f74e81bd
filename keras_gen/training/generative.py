"""The base class of models with a generator and a discriminator: the options that all of them share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from keras_gen.layers import Augmentation
from keras_gen.layers.style_space import style_weights
from keras_gen.training.adversarial import AdversarialModel
from keras_gen.training.clipping import clip_weights
from keras_gen.training.ema import averaged_copy, update_average
from keras_gen.training.game import Game, LossName, Terms
from keras_gen.training.generator_penalties import GeneratorPenalties
from keras_gen.training.moves import Move
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.penalties import Penalties
from keras_gen.training.styles import LayerNoise, Space, Styles
from keras_gen.training.turns import turns
from serving.common.errors import InputError, require_at_least

REPORTS = ("generator_loss", "discriminator_loss", "discriminator_accuracy")


class GenerativeAdversarialModel(AdversarialModel):
    """A model with a generator and a discriminator.

    A subclass builds `generator` and `discriminator`, each one player or a part of one, and calls `begin`; its
    `moves` then say what is judged. What the players do not share, such as classes or codes, is its own.

    Args:
        seed: seed of the training noise.
        further: names of the values that a step reports beside those of the two players.
        loss: the pair of losses: `minimax`, `non_saturating`, `least_squares`, `hinge`, `wasserstein` or
            `relativistic`.
        penalties: weights of penalties on the discriminator's gradient by name, as in `{"r1": 1.0}` or `r1:1,r2:1`:
            `r1` at real pictures, `r2` at generated ones, `gp` between the two, `dragan` around real ones.
        penalty_every: steps from one in which the penalties are computed, that many times as heavy, to the next (lazy
            regularization, Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN").
        label_smoothing: 1 minus the target of real pictures, for losses with targets (one-sided label smoothing).
        instance_noise: standard deviation of Gaussian noise on all inputs of the discriminator (Sønderby et al. 2017).
        instance_noise_steps: training steps over which this noise falls to 0; by default it stays constant.
        augmentation: differentiable augmentation of all inputs of the discriminator: `color`, `translation`, `cutout`,
            `mirror`, `geometry`, `affine` (Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN
            Training").
        augmentation_target: augment a picture only with a probability, which rises while the mean sign of the
            discriminator's logits for real pictures is above this value, and falls while it is below: 0.6 in the paper
            (ADA, Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data"). By default all
            pictures are augmented.
        augmentation_pictures: pictures over which this probability can rise from 0 to 1.
        lecam: weight of the distance of the discriminator's logits from their moving averages, for little data: 0.1 to
            0.5 in the paper (Tseng et al. 2021, "Regularizing Generative Adversarial Networks under Limited Data").
        consistency: weight of the squared change of a logit when a picture, real or generated, is changed: 10 in the
            paper (Zhao et al. 2021, "Improved Consistency Regularization for GANs").
        consistency_augmentation: what changes pictures for this; kinds as for `augmentation`.
        top_k: share of the generated pictures of a batch that the generator learns from, those that the discriminator
            likes best (Sinha et al. 2020, "Top-k Training of GANs").
        top_k_steps: training steps over which this share falls from 1 to `top_k`; by default it begins there.
        generator_penalties: weights of penalties on the generator's gradient by name, as in `path_length:2`:
            `path_length` keeps every picture changing as much with its style, or with its latent where there are no
            styles (Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", equation 4).
        generator_penalty_every: as `penalty_every`, for these; 8 in the paper.
        discriminator_steps: updates of the discriminator for each update of the generator. The batch is divided among
            them: with a batch of 320 and 5 steps, each sees 64 pictures.
        balance: the discriminator is not updated in steps in which its accuracy is above this value, so that the
            generator can catch up.
        weight_clip: clip the discriminator's weights to this bound, for the Wasserstein loss without a penalty.
        ema_decay: decay per step of the exponential moving average (EMA) of the generator's weights; 0 samples from the
            generator itself.
        **kwargs: `name`, `dtype` and `trainable`, as for any Keras model.

    Raises:
        InputError: an unknown name, a value out of range, or options that exclude each other.
    """

    default_optimizers: ClassVar = {
        "generator_optimizer": OptimizerSpec("adam", learning_rate=2e-4, beta_1=0.5),
        "discriminator_optimizer": OptimizerSpec("adam", learning_rate=2e-4, beta_1=0.5),
    }
    generator: keras.Model
    discriminator: keras.Model

    def __init__(
        self,
        seed: int,
        further: Iterable[str],
        loss: LossName = "non_saturating",
        penalties: Penalties = None,
        label_smoothing: float = 0.0,
        instance_noise: float = 0.0,
        instance_noise_steps: int | None = None,
        augmentation: Sequence[Augmentation] = (),
        augmentation_target: float | None = None,
        augmentation_pictures: int = 500_000,
        penalty_every: int = 1,
        lecam: float = 0.0,
        consistency: float = 0.0,
        consistency_augmentation: Sequence[Augmentation] = ("translation",),
        top_k: float = 1.0,
        top_k_steps: int | None = None,
        discriminator_steps: int = 1,
        balance: float | None = None,
        weight_clip: float | None = None,
        ema_decay: float = 0.999,
        generator_penalties: GeneratorPenalties = None,
        generator_penalty_every: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, [*REPORTS, *further], **kwargs)
        self.game = Game(
            loss,
            penalties,
            label_smoothing,
            instance_noise,
            instance_noise_steps,
            augmentation,
            self.noise,
            penalty_every,
            augmentation_target,
            augmentation_pictures,
            lecam,
            consistency,
            consistency_augmentation,
            top_k,
            top_k_steps,
            generator_penalties,
            generator_penalty_every,
        )
        # What the game remembers is saved with the model that owns it.
        self.augmentation_probability = self.game.augmentation_probability
        self.logit_averages = self.game.logit_averages
        self.generator_regularizers = self.game.generator_penalties.layers
        if self.game.generator_penalties.weights and not self.spec.styled:
            raise InputError(
                f"`generator_penalties` must be left out for {type(self).__name__}, whose generator takes more than a "
                f"latent. Received: {', '.join(self.game.generator_penalties.weights)}."
            )
        require_at_least(1, discriminator_steps=discriminator_steps)
        if balance is not None and not 0.5 <= balance <= 1:
            raise InputError(f"`balance` must be at least 0.5, which is guessing, and at most 1. Received: {balance}.")
        if weight_clip is not None and not weight_clip > 0:
            raise InputError(f"`weight_clip` must be positive. Received: {weight_clip}.")
        if not 0 <= ema_decay < 1:
            raise InputError(f"`ema_decay` must be at least 0 and below 1. Received: {ema_decay}.")
        self.loss = loss
        self.penalties = self.game.penalties
        self.label_smoothing = label_smoothing
        self.instance_noise = instance_noise
        self.instance_noise_steps = instance_noise_steps
        self.augmentation = tuple(augmentation)
        self.augmentation_target = augmentation_target
        self.augmentation_pictures = augmentation_pictures
        self.penalty_every = penalty_every
        self.lecam = lecam
        self.consistency = consistency
        self.consistency_augmentation = tuple(consistency_augmentation)
        self.top_k = top_k
        self.top_k_steps = top_k_steps
        self.discriminator_steps = discriminator_steps
        self.balance = balance
        self.weight_clip = weight_clip
        self.ema_decay = ema_decay
        self.generator_penalties = self.game.generator_penalties.weights
        self.generator_penalty_every = generator_penalty_every
        self.spec = replace(
            self.spec,
            weights="ema" if ema_decay > 0 else "raw",
            couples_examples=self.spec.couples_examples or top_k < 1,
            discriminator_steps=discriminator_steps,
        )
        self.styles: Styles | None = None
        self._begun = False

    @property
    def players(self) -> dict[str, keras.Model]:
        """The two networks; a model of which either is a part of a player states the whole."""
        return {"generator": self.generator, "discriminator": self.discriminator}

    def moving_averages(self) -> list[tuple[keras.Model, keras.Model]]:
        return [(self.average, self.generator)]

    def begin(self) -> None:
        """Bounds the discriminator's weights if asked, and starts the generator's average; ends a constructor."""
        if self.weight_clip is not None:
            clip_weights(self.discriminator, self.weight_clip)
        self.average = averaged_copy(self.generator)
        self._begun = True

    def use_space(self, space: Space = "z", layer_noise: LayerNoise = "fixed") -> None:
        """Samples and exports pictures of another latent from now on: see `Styles`.

        Raises:
            InputError: another choice, or a model without styles.
        """
        if not self.spec.styled:
            super().use_space(space, layer_noise)
            return
        self.styles = None
        if (space, layer_noise) != ("z", "fixed"):
            self.styles = Styles(self.average, self.latent_dim, len(self.spec.classes), space, layer_noise)
        self.spec = replace(self.spec, prior=self.styles.prior if self.styles else "standard_normal")

    def style_weights(self) -> list[np.ndarray]:
        """The weights from a style to all layers that take it, (channels, style size) each; none without styles."""
        return style_weights(self.average)

    @property
    def latent_noise(self) -> int:
        return 0 if self.styles is None else self.styles.noise_size

    def compile(self, *args: Any, **optimizers: Any) -> None:
        """As `AdversarialModel.compile`.

        Raises:
            InputError: also a constructor that has not called `begin`.
        """
        if not self._begun:
            raise InputError(
                f"the constructor of {type(self).__name__} must end with `self.begin()`. "
                "Received: a generator without its average."
            )
        super().compile(*args, **optimizers)

    def turns(self, batch: Any) -> list[Any]:
        """The batch shared out among the discriminator's moves."""
        return turns(batch, self.discriminator_steps)

    def discriminator_move(self, terms: Callable[[], Terms], turn: int = 0) -> Move:
        """Of the terms `loss` and `accuracy`, of the examples of one of the `turns`."""
        player, optimizer = self.players["discriminator"], self.discriminator_optimizer
        return Move(terms, player, optimizer, rest_above=self.balance, rows=lambda rows: self.turns(rows)[turn])

    def generator_move(
        self, terms: Callable[[], Terms], tape: tf.GradientTape, latents: tf.Tensor | None = None
    ) -> Move:
        """Of the term `loss` and others, of the examples of the last turn; the tape has recorded what the generator
        made, of `latents`, where its penalties are to see them."""
        player, optimizer = self.players["generator"], self.generator_optimizer
        if latents is not None:
            unpenalized, made_of = terms, latents
            penalties = self.game.generator_penalties

            def terms() -> Terms:
                return penalties.added(unpenalized(), self.generator, made_of)

        return Move(terms, player, optimizer, tape, rows=lambda rows: self.turns(rows)[-1])

    def scored(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> Terms:
        """What is reported of a batch that nobody moves on, of the discriminator's logits."""
        generator = {"loss": self.game.generator_loss(fake_logits, real_logits)}
        return self.reported(generator, self.game.score(real_logits, fake_logits))

    def reported(self, generator: Terms, discriminator: Terms, **further: tf.Tensor) -> Terms:
        """What is reported of what both players' moves gave, and further values (batch,)."""
        values = (generator["loss"], discriminator["loss"], discriminator["accuracy"])
        both = {**generator, **discriminator}
        remembered = {name: both[name] for name in self.game.noted_names if name in both}
        return {**dict(zip(REPORTS, values, strict=True)), **remembered, **further}

    def end_step(self, values: Terms) -> Terms:
        self.game.end_step(values)
        update_average(self.average, self.generator, self.ema_decay, self.noise.step)
        return super().end_step(values)
