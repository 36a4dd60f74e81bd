"""Pure arithmetic: every function takes tensors and returns one value per example, shape (batch,)."""

from keras_gen.losses.adversarial import (
    non_saturating_discriminator_loss,
    non_saturating_generator_loss,
)
from keras_gen.losses.classification import label_accuracy, label_cross_entropy
from keras_gen.losses.divergences import log_importance_weights, normal_log_density, standard_normal_kl
from keras_gen.losses.likelihoods import (
    bernoulli_nll,
    continuous_bernoulli_mean,
    continuous_bernoulli_nll,
    discretized_logistic_nll,
    gaussian_nll,
)
from keras_gen.losses.penalties import r1_penalty
from keras_gen.losses.reconstruction import decibels, squared_error

__all__ = [
    "bernoulli_nll",
    "continuous_bernoulli_mean",
    "continuous_bernoulli_nll",
    "decibels",
    "discretized_logistic_nll",
    "gaussian_nll",
    "label_accuracy",
    "label_cross_entropy",
    "log_importance_weights",
    "non_saturating_discriminator_loss",
    "non_saturating_generator_loss",
    "normal_log_density",
    "r1_penalty",
    "squared_error",
    "standard_normal_kl",
]
