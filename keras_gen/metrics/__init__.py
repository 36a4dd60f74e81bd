"""Metrics of generative models: each is a function of arrays, or of a model and images."""

from keras_gen.metrics.class_figures import class_frechet_distances, classification_accuracy_score
from keras_gen.metrics.class_score import class_score
from keras_gen.metrics.classifier import Classifier, train_classifier
from keras_gen.metrics.classifier_cache import cached_classifier
from keras_gen.metrics.codes import active_units, few_label_probe, linear_probe
from keras_gen.metrics.frechet import frechet_distance
from keras_gen.metrics.intervals import over_draws
from keras_gen.metrics.kernel_distance import kernel_distance
from keras_gen.metrics.likelihood import importance_sampled_nll
from keras_gen.metrics.manifold import density_coverage, precision_recall
from keras_gen.metrics.memorization import authenticity, copying_rank
from keras_gen.metrics.modes import modes_found, near_centres
from keras_gen.metrics.parzen import choose_sigma, parzen_log_likelihood
from keras_gen.metrics.prior_match import kolmogorov_smirnov, mmd
from keras_gen.metrics.similarity import psnr, ssim
from keras_gen.metrics.spectrum import radial_spectrum, spectrum_distance
from serving.latents.neighbours import nearest_neighbours

__all__ = [
    "Classifier",
    "active_units",
    "authenticity",
    "cached_classifier",
    "choose_sigma",
    "class_frechet_distances",
    "class_score",
    "classification_accuracy_score",
    "copying_rank",
    "density_coverage",
    "few_label_probe",
    "frechet_distance",
    "importance_sampled_nll",
    "kernel_distance",
    "kolmogorov_smirnov",
    "linear_probe",
    "mmd",
    "modes_found",
    "near_centres",
    "nearest_neighbours",
    "over_draws",
    "parzen_log_likelihood",
    "precision_recall",
    "psnr",
    "radial_spectrum",
    "spectrum_distance",
    "ssim",
    "train_classifier",
]
