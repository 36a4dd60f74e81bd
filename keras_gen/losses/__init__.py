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
from keras_gen.losses.classification import (
    code_surprise,
    data_to_data_cross_entropy,
    label_accuracy,
    label_cross_entropy,
)
from keras_gen.losses.consistency import balanced_consistency, invariant_information, lecam_penalty, mean_of_best
from keras_gen.losses.contrastive import patch_contrastive_loss
from keras_gen.losses.discrepancy import mmd_terms
from keras_gen.losses.divergences import (
    log_importance_weights,
    mixture_log_density,
    normal_log_density,
    standard_normal_kl,
    total_correlation,
)
from keras_gen.losses.diversity import mode_seeking_loss
from keras_gen.losses.importance import Importance, importance_bound, importance_shares
from keras_gen.losses.likelihoods import (
    bernoulli_nll,
    continuous_bernoulli_mean,
    continuous_bernoulli_nll,
    discretized_logistic_nll,
    gaussian_nll,
)
from keras_gen.losses.pairs import PAIRS, AdversarialPair
from keras_gen.losses.penalties import (
    dragan_penalty,
    gradient_penalty,
    path_length_penalty,
    path_lengths,
    r1_penalty,
    r2_penalty,
)
from keras_gen.losses.reconstruction import absolute_error, decibels, squared_error
from keras_gen.losses.structural import ms_ssim_energy, ms_ssim_error

__all__ = [
    "PAIRS",
    "AdversarialPair",
    "Importance",
    "absolute_error",
    "balanced_consistency",
    "bernoulli_nll",
    "code_surprise",
    "continuous_bernoulli_mean",
    "continuous_bernoulli_nll",
    "data_to_data_cross_entropy",
    "decibels",
    "discretized_logistic_nll",
    "dragan_penalty",
    "gaussian_nll",
    "gradient_penalty",
    "hinge_discriminator_loss",
    "hinge_generator_loss",
    "importance_bound",
    "importance_shares",
    "invariant_information",
    "label_accuracy",
    "label_cross_entropy",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "lecam_penalty",
    "log_importance_weights",
    "mean_of_best",
    "minimax_discriminator_loss",
    "minimax_generator_loss",
    "mixture_log_density",
    "mmd_terms",
    "mode_seeking_loss",
    "ms_ssim_energy",
    "ms_ssim_error",
    "non_saturating_discriminator_loss",
    "non_saturating_generator_loss",
    "normal_log_density",
    "patch_contrastive_loss",
    "path_length_penalty",
    "path_lengths",
    "r1_penalty",
    "r2_penalty",
    "relativistic_discriminator_loss",
    "relativistic_generator_loss",
    "squared_error",
    "standard_normal_kl",
    "total_correlation",
    "wasserstein_discriminator_loss",
    "wasserstein_generator_loss",
]
