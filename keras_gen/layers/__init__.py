"""Keras layers that Keras does not have, one a file."""

from keras_gen.layers.augmentation import Augmentation, DifferentiableAugmentation
from keras_gen.layers.conditioning import ClassCode, ClassPlane
from keras_gen.layers.corruption import Corruption, PixelCorruption
from keras_gen.layers.likelihood import Likelihood, PixelLikelihood
from keras_gen.layers.prior import LatentPrior, Prior
from keras_gen.layers.sampling import GaussianSampling

__all__ = [
    "Augmentation",
    "ClassCode",
    "ClassPlane",
    "Corruption",
    "DifferentiableAugmentation",
    "GaussianSampling",
    "LatentPrior",
    "Likelihood",
    "PixelCorruption",
    "PixelLikelihood",
    "Prior",
]
