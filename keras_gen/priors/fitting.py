"""Fitting a prior to the codes that a trained model gives pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import keras
import numpy as np

from keras_gen.priors.flow import flow
from keras_gen.priors.gaussians import gaussian, mixture
from keras_gen.priors.options import PriorOptions
from keras_gen.priors.two_stage import two_stage
from keras_gen.registry import Registry
from keras_gen.training.fitted_prior import FittedPrior, weights_hash
from serving.common.errors import InputError

# Of codes (n, size) in float64: a network from `noise`, (batch, any size), to `latent`, (batch, size).
Fit: TypeAlias = Callable[[np.ndarray, PriorOptions], keras.Model]

PRIORS: Registry[Fit] = Registry(
    "prior", {"gaussian": gaussian, "mixture": mixture, "two_stage": two_stage, "flow": flow}, kind=Callable
)


def fit_prior(
    model: keras.Model,
    codes: np.ndarray,
    kind: str,
    options: PriorOptions | None = None,
    facts: dict[str, Any] | None = None,
) -> FittedPrior:
    """A prior of the codes of a trained model, which `model.use_prior` takes.

    The global seed of TensorFlow and Keras is set.

    Args:
        model: trained.
        codes: of pictures, (n, latent_dim); draws from their posteriors where the encoder gives any.
        kind: `gaussian`, `mixture`, `two_stage`, `flow`, or one that was registered.
        options: of the fit.
        facts: further facts of it, for people.

    Raises:
        InputError: an unknown kind, codes of another size, fewer than two or not finite, or what the fit refuses.
    """
    fit, options = PRIORS.find(kind, "--prior"), options or PriorOptions()
    if codes.ndim != 2 or codes.shape[1] != model.latent_dim or len(codes) < 2:
        raise InputError(
            f"codes must be at least two of {model.latent_dim} numbers. Received: the shape {codes.shape}."
        )
    if not np.isfinite(codes).all():
        raise InputError("codes must be finite to fit a prior to them. Received: NaN or infinity.")
    keras.utils.set_random_seed(options.seed % 2**32)
    network = fit(np.asarray(codes, np.float64), options)
    said = {"codes": len(codes), "seed": options.seed, **(facts or {})}
    return FittedPrior(kind, network, weights_hash(model), said)
