"""Divergences between distributions, in nats."""

from __future__ import annotations

import math

import tensorflow as tf


def standard_normal_kl(mean: tf.Tensor, log_variance: tf.Tensor, free_nats: float = 0.0) -> tf.Tensor:
    """`KL(N(mean, diag exp(log_variance)) || N(0, I))` in closed form.

    Args:
        mean: (batch, size).
        log_variance: (batch, size).
        free_nats: what each dimension costs at least; below it there is no gradient (Kingma et al. 2016,
            "IAF", equation 15, per picture).

    Returns:
        (batch,), nats, at least 0.

    Source: Kingma & Welling 2013, "Auto-Encoding Variational Bayes", appendix B.
    """
    # expm1 keeps the difference exact where the posterior is close to the prior.
    per_dimension = 0.5 * (tf.square(mean) + tf.math.expm1(log_variance) - log_variance)
    return tf.reduce_sum(tf.maximum(per_dimension, free_nats), axis=-1)


def normal_log_density(x: tf.Tensor, mean: tf.Tensor | float, log_variance: tf.Tensor | float) -> tf.Tensor:
    """`log N(x; mean, diag exp(log_variance))`, summed over the last axis.

    Args:
        x: (..., size).
        mean: broadcastable to `x`.
        log_variance: broadcastable to `x`.

    Returns:
        (...,), nats.
    """
    log_variance = tf.convert_to_tensor(log_variance)
    squared = tf.square(x - mean) * tf.exp(-log_variance)
    return -0.5 * tf.reduce_sum(squared + log_variance + math.log(2.0 * math.pi), axis=-1)


def log_importance_weights(
    log_likelihood: tf.Tensor | float,
    latents: tf.Tensor,
    mean: tf.Tensor,
    log_variance: tf.Tensor,
    log_prior: tf.Tensor | None = None,
) -> tf.Tensor:
    """`log p(x, z) - log q(z|x)` with a Gaussian posterior.

    Args:
        log_likelihood: `log p(x|z)`, (batch, samples).
        latents: draws from the posterior, (batch, samples, size).
        mean: of the posterior, (batch, 1, size).
        log_variance: of the posterior, (batch, 1, size).
        log_prior: `log p(z)`, (batch, samples); that of the standard normal prior by default.

    Returns:
        (batch, samples), nats. The mean over samples is the ELBO, the logarithm of the mean weight the
        importance-weighted bound.

    Source: Burda et al. 2016, "Importance Weighted Autoencoders", equation 8.
    """
    if log_prior is None:
        log_prior = normal_log_density(latents, 0.0, 0.0)
    return log_likelihood + log_prior - normal_log_density(latents, mean, log_variance)


def total_correlation(latents: tf.Tensor, means: tf.Tensor, log_variances: tf.Tensor) -> tf.Tensor:
    """`log q(z) - sum_j log q(z_j)` of draws, with the aggregate posterior `q(z)` of a batch in place of the data's.

    Minibatch-weighted sampling: every picture of the batch is a Gaussian of a mixture. The number of pictures of the
    data, by which the paper also divides, would shift the estimate by a constant, which has no gradient.

    Args:
        latents: (batch, size), a draw from the posterior of each picture.
        means: (n, size), of the posteriors of all pictures, those of the draws among them.
        log_variances: likewise.

    Returns:
        (batch,), nats; in expectation 0 for independent dimensions.

    Source: Chen et al. 2018, "Isolating Sources of Disentanglement in VAEs", sections 3 and 3.1.
    """
    deviations = latents[:, None] - means[None]
    log_densities = -0.5 * (
        tf.square(deviations) * tf.exp(-log_variances)[None] + log_variances[None] + math.log(2.0 * math.pi)
    )
    log_count = tf.math.log(tf.cast(tf.shape(means)[0], latents.dtype))
    together = tf.reduce_logsumexp(tf.reduce_sum(log_densities, axis=-1), axis=1) - log_count
    apart = tf.reduce_sum(tf.reduce_logsumexp(log_densities, axis=1) - log_count, axis=-1)
    return together - apart


def mixture_log_density(x: tf.Tensor, means: tf.Tensor, log_variances: tf.Tensor) -> tf.Tensor:
    """`log (1/n) sum_k N(x; means[k], diag exp(log_variances[k]))`: of equal shares of n Gaussians.

    Args:
        x: (..., size).
        means: (n, size).
        log_variances: (n, size).

    Returns:
        (...,), nats.

    Source: Tomczak & Welling 2018, "VAE with a VampPrior", section 3.
    """
    of_each = normal_log_density(x[..., None, :], means, log_variances)
    return tf.reduce_logsumexp(of_each, axis=-1) - math.log(means.shape[0])
