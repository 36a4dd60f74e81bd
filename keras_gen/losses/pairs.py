"""The pairs of adversarial losses by name, with what a model has to know of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

from keras_gen.losses import adversarial
from keras_gen.registry import Registry


@dataclass(frozen=True)
class AdversarialPair:
    """A pair of losses.

    Attributes:
        generator_loss: of the logits of generated pictures; of real and generated ones if `relative`.
        discriminator_loss: of the logits of real and of generated pictures, and of `label_smoothing` if `smoothable`.
        boundary: the logit between "generated" and "real"; None where only differences of logits mean something.
        smoothable: whether there is a target for real pictures that can be smoothed.
        relative: whether the generator is shown the logits of real pictures too.
    """

    generator_loss: Callable[..., tf.Tensor]
    discriminator_loss: Callable[..., tf.Tensor]
    boundary: float | None = 0.0
    smoothable: bool = False
    relative: bool = False


PAIRS: Registry[AdversarialPair] = Registry(
    "loss",
    {
        "minimax": AdversarialPair(
            adversarial.minimax_generator_loss, adversarial.minimax_discriminator_loss, smoothable=True
        ),
        "non_saturating": AdversarialPair(
            adversarial.non_saturating_generator_loss, adversarial.non_saturating_discriminator_loss, smoothable=True
        ),
        "least_squares": AdversarialPair(
            adversarial.least_squares_generator_loss,
            adversarial.least_squares_discriminator_loss,
            boundary=0.5,
            smoothable=True,
        ),
        "hinge": AdversarialPair(adversarial.hinge_generator_loss, adversarial.hinge_discriminator_loss),
        "wasserstein": AdversarialPair(
            adversarial.wasserstein_generator_loss, adversarial.wasserstein_discriminator_loss, boundary=None
        ),
        "relativistic": AdversarialPair(
            adversarial.relativistic_generator_loss,
            adversarial.relativistic_discriminator_loss,
            boundary=None,
            relative=True,
        ),
    },
    kind=AdversarialPair,
)
