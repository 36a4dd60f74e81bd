"""Keras layers that Keras does not have, one a file."""

from keras_gen.layers.likelihood import Likelihood, PixelLikelihood
from keras_gen.layers.sampling import GaussianSampling

__all__ = ["GaussianSampling", "Likelihood", "PixelLikelihood"]
