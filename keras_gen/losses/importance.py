"""Bounds of the evidence by several draws from the posterior, and what each draw has to say in their gradients."""

from __future__ import annotations

import math
from typing import Literal

import tensorflow as tf

Importance = Literal["iwae", "miwae", "ciwae", "piwae"]


def importance_bound(log_weights: tf.Tensor, form: Importance, groups: int = 1, elbo_share: float = 0.5) -> tf.Tensor:
    """A lower bound of the evidence.

    Args:
        log_weights: `log p(x, z) - log q(z|x)` of draws z, (batch, samples).
        form: `iwae` is the logarithm of the mean weight; `miwae` the mean of that over groups of draws; `ciwae` that of
            all draws and the ELBO, mixed; `piwae` has the bound of `iwae`.
        groups: of `miwae`; a divisor of the number of draws.
        elbo_share: of the ELBO in `ciwae`, 0 to 1.

    Returns:
        (batch,), nats.

    Source: Burda et al. 2016, "Importance Weighted Autoencoders"; Rainforth et al. 2018, "Tighter Variational Bounds
    are Not Necessarily Better", section 4.
    """
    if form == "miwae":
        return tf.reduce_mean(_log_mean(_grouped(log_weights, groups)), axis=-1)
    together = _log_mean(log_weights)
    if form == "ciwae":
        return elbo_share * tf.reduce_mean(log_weights, axis=-1) + (1.0 - elbo_share) * together
    return together


def importance_shares(
    log_weights: tf.Tensor,
    form: Importance,
    groups: int = 1,
    elbo_share: float = 0.5,
    encoder: bool = False,
    doubly: bool = False,
) -> tf.Tensor:
    """By how much the gradient of each draw's log-weight counts in the gradient of the bound: without a gradient.

    Args:
        log_weights: as for `importance_bound`.
        form: likewise; for the encoder `piwae` is `miwae`.
        groups: of `miwae`, and of `piwae` for the encoder.
        elbo_share: as for `importance_bound`.
        encoder: whether the gradient is the encoder's.
        doubly: whether it is doubly reparameterized, so that what counts is the square of a draw's share.

    Returns:
        (batch, samples).

    Source: as above; Tucker et al. 2019, "Doubly Reparameterized Gradient Estimators for Monte Carlo Objectives",
    equation 8.
    """
    power = 2 if doubly else 1
    if form == "miwae" or (form == "piwae" and encoder):
        of_groups = tf.nn.softmax(_grouped(log_weights, groups), axis=-1) ** power
        shares = tf.reshape(of_groups / groups, tf.shape(log_weights))
    else:
        shares = tf.nn.softmax(log_weights, axis=-1) ** power
    if form == "ciwae":
        shares = elbo_share / tf.cast(tf.shape(log_weights)[-1], shares.dtype) + (1.0 - elbo_share) * shares
    return tf.stop_gradient(shares)


def _grouped(log_weights: tf.Tensor, groups: int) -> tf.Tensor:
    samples = log_weights.shape[-1]
    return tf.reshape(log_weights, (-1, groups, samples // groups))


def _log_mean(log_weights: tf.Tensor) -> tf.Tensor:
    return tf.reduce_logsumexp(log_weights, axis=-1) - math.log(log_weights.shape[-1])
