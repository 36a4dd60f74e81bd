"""Priors that are fitted to the codes of a trained autoencoder, by which it can be sampled.

Each is a function of codes, (n, size), and of options, that returns a network from `noise` to `latent`.
"""

from keras_gen.priors.fitting import PRIORS, PriorOptions, fit_prior

__all__ = ["PRIORS", "PriorOptions", "fit_prior"]
