"""Keras layers that Keras does not have, one a file."""

from keras_gen.layers.conditioning import ClassCode, ClassPlane
from keras_gen.layers.corruption import Corruption, PixelCorruption
from keras_gen.layers.gradient_reversal import GradientReversal
from keras_gen.layers.likelihood import Likelihood, PixelLikelihood
from keras_gen.layers.prior import LatentPrior, Prior
from keras_gen.layers.sampling import GaussianSampling

__all__ = [
    "ClassCode",
    "ClassPlane",
    "Corruption",
    "GaussianSampling",
    "GradientReversal",
    "LatentPrior",
    "Likelihood",
    "PixelCorruption",
    "PixelLikelihood",
    "Prior",
]
