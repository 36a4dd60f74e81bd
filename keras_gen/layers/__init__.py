"""Keras layers that Keras does not have, one a file."""

from keras_gen.layers.corruption import Corruption, PixelCorruption
from keras_gen.layers.likelihood import Likelihood, PixelLikelihood
from keras_gen.layers.sampling import GaussianSampling

__all__ = ["Corruption", "GaussianSampling", "Likelihood", "PixelCorruption", "PixelLikelihood"]
