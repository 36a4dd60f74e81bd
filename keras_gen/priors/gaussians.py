"""One Gaussian, and a mixture of them, with full covariances."""

from __future__ import annotations

import keras
import numpy as np

from keras_gen.layers import MixtureOfGaussians
from keras_gen.priors.options import PriorOptions
from serving.common.errors import InputError

# Added to variances, so that codes that never change can be drawn.
LEAST_VARIANCE = 1e-6


def gaussian(codes: np.ndarray, options: PriorOptions) -> keras.Model:
    """The Gaussian with the codes' mean and covariance."""
    covariance = np.cov(codes, rowvar=False).reshape(1, codes.shape[1], codes.shape[1])
    layer = MixtureOfGaussians(codes.shape[1], 1)
    layer.describe(np.ones(1), codes.mean(axis=0)[None], covariance + LEAST_VARIANCE * np.eye(codes.shape[1]))
    return _network(layer)


def mixture(codes: np.ndarray, options: PriorOptions) -> keras.Model:
    """A mixture of `components` Gaussians, fitted by scikit-learn's expectation maximization.

    Raises:
        InputError: fewer codes than components.

    Source: Ghosh et al. 2020, "From Variational to Deterministic Autoencoders", section 4.
    """
    from sklearn.mixture import GaussianMixture

    if len(codes) < options.components:
        raise InputError(
            f"--components must be at most the number of codes, {len(codes)}. Received: {options.components}."
        )
    fitted = GaussianMixture(options.components, reg_covar=LEAST_VARIANCE, random_state=options.seed).fit(codes)
    layer = MixtureOfGaussians(codes.shape[1], options.components)
    layer.describe(fitted.weights_, fitted.means_, fitted.covariances_)
    return _network(layer)


def _network(layer: MixtureOfGaussians) -> keras.Model:
    noise = keras.Input((layer.noise_size,), name="noise")
    return keras.Model({"noise": noise}, {"latent": layer(noise)})
