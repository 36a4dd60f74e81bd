"""Log-likelihood of images under a model."""

from __future__ import annotations

import math

import numpy as np
import tensorflow as tf

from keras_gen.models.conditional_vae import ConditionalVAE
from keras_gen.models.vae import VAE
from serving.common.errors import require_at_least

CHUNK = 25_000


def importance_sampled_nll(
    model: VAE | ConditionalVAE,
    images: np.ndarray,
    num_samples: int = 5000,
    seed: int = 0,
    labels: np.ndarray | None = None,
) -> np.ndarray:
    """`-log p(x)`, estimated with draws from the posterior: `-log (1/k) sum_i p(x, z_i) / q(z_i|x)`.

    In expectation the estimate is an upper bound, which becomes tighter with more samples.

    Args:
        model: the model.
        images: (n, height, width, channels) in [-1, 1]; binarize them first if the model was trained on binary ones.
        num_samples: draws per picture; the literature uses 200 to 5,000.
        seed: seed of the draws.
        labels: (n,) integers, for a model that sees the class: `-log p(x|y)`.

    Returns:
        (n,), nats per picture.

    Raises:
        InputError: fewer than one sample.

    Source: Burda et al. 2016, "Importance Weighted Autoencoders", section 5.
    """
    require_at_least(1, num_samples=num_samples)
    per_pass = min(num_samples, 500)
    batch = max(1, CHUNK // per_pass)

    @tf.function(reduce_retracing=True)
    def one_pass(data: tuple[tf.Tensor, ...], draw: tf.Tensor, samples: tf.Tensor) -> tf.Tensor:
        pictures, *seen = data
        noise = tf.random.stateless_normal(tf.stack([tf.shape(pictures)[0], samples, model.latent_dim]), draw)
        return tf.reduce_logsumexp(model.log_weights(pictures, noise, *seen), axis=-1)

    results = []
    for start in range(0, len(images), batch):
        rows = slice(start, start + batch)
        data = (tf.constant(images[rows], tf.float32), *(() if labels is None else (tf.constant(labels[rows]),)))
        passes = [
            one_pass(
                data,
                tf.constant([seed, start + first * len(images)], tf.int64),
                tf.constant(min(per_pass, num_samples - first)),
            )
            for first in range(0, num_samples, per_pass)
        ]
        results.append(math.log(num_samples) - tf.reduce_logsumexp(tf.stack(passes), axis=0).numpy())
    return np.concatenate(results)
