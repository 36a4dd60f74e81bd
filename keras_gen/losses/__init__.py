"""Pure arithmetic: every function takes tensors and returns one value per example, shape (batch,)."""

from keras_gen.losses.adversarial import (
    hinge_discriminator_loss,
    hinge_generator_loss,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    minimax_discriminator_loss,
    minimax_generator_loss,
    non_saturating_discriminator_loss,
    non_saturating_generator_loss,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    wasserstein_discriminator_loss,
    wasserstein_generator_loss,
)
from keras_gen.losses.classification import label_accuracy, label_cross_entropy
from keras_gen.losses.contrastive import patch_contrastive_loss
from keras_gen.losses.divergences import log_importance_weights, normal_log_density, standard_normal_kl
from keras_gen.losses.diversity import mode_seeking_loss
from keras_gen.losses.likelihoods import (
    bernoulli_nll,
    continuous_bernoulli_mean,
    continuous_bernoulli_nll,
    discretized_logistic_nll,
    gaussian_nll,
)
from keras_gen.losses.pairs import PAIRS, AdversarialPair
from keras_gen.losses.penalties import dragan_penalty, gradient_penalty, r1_penalty, r2_penalty
from keras_gen.losses.reconstruction import absolute_error, decibels, squared_error

__all__ = [
    "PAIRS",
    "AdversarialPair",
    "absolute_error",
    "bernoulli_nll",
    "continuous_bernoulli_mean",
    "continuous_bernoulli_nll",
    "decibels",
    "discretized_logistic_nll",
    "dragan_penalty",
    "gaussian_nll",
    "gradient_penalty",
    "hinge_discriminator_loss",
    "hinge_generator_loss",
    "label_accuracy",
    "label_cross_entropy",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "log_importance_weights",
    "minimax_discriminator_loss",
    "minimax_generator_loss",
    "mode_seeking_loss",
    "non_saturating_discriminator_loss",
    "non_saturating_generator_loss",
    "normal_log_density",
    "patch_contrastive_loss",
    "r1_penalty",
    "r2_penalty",
    "relativistic_discriminator_loss",
    "relativistic_generator_loss",
    "squared_error",
    "standard_normal_kl",
    "wasserstein_discriminator_loss",
    "wasserstein_generator_loss",
]
