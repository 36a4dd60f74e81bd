"""What models with a Gaussian posterior share: its two halves, draws from it, and their weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import keras
import tensorflow as tf

from keras_gen import losses
from keras_gen.layers import PixelLikelihood
from keras_gen.training.binarization import binarized
from keras_gen.training.pieces import decoding_network
from serving.common.errors import InputError, require_among, require_at_least


def mean_and_log_variance(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The halves of what an encoder gives, (batch, 2 * latent_dim) -> two of (batch, latent_dim)."""
    mean, log_variance = keras.ops.split(encoded, 2, axis=-1)
    return mean, log_variance


def posterior_noise(
    images: tf.Tensor, rows: Callable[..., tf.Tensor], latent_dim: int, binarize: bool, samples: int | None = None
) -> tuple[tf.Tensor, tf.Tensor]:
    """The pictures of a step, drawn black and white if `binarize`, and the noise of their latents: (batch, latent_dim),
    or (batch, samples, latent_dim).

    Args:
        images: (batch, height, width, channels) in [-1, 1].
        rows: `training_rows` or `evaluation_rows` of the model's noise.
        latent_dim: length of a latent.
        binarize: see above.
        samples: latents of a picture; None for one, without an axis of its own.
    """
    if binarize:
        images = binarized(images, rows)
    noise = rows(tf.shape(images)[0], (samples or 1) * latent_dim, "posterior")
    return images, noise if samples is None else tf.reshape(noise, (-1, samples, latent_dim))


def draws_log_likelihood(
    pixels: PixelLikelihood, decode: Callable[[tf.Tensor], tf.Tensor], images: tf.Tensor, latents: tf.Tensor
) -> tf.Tensor:
    """`log p(x|z)` of draws, nats, (batch, samples); arguments as for `weighed_draws`."""
    samples = tf.shape(latents)[1]
    decoded = decode(tf.reshape(latents, (-1, latents.shape[-1])))
    repeated = tf.repeat(images, samples, axis=0)
    nll = pixels.negative_log_likelihood(repeated, tf.cast(decoded, tf.float32))
    return -tf.reshape(nll, (-1, samples))


def weighed_draws(
    pixels: PixelLikelihood,
    decode: Callable[[tf.Tensor], tf.Tensor],
    images: tf.Tensor,
    latents: tf.Tensor,
    mean: tf.Tensor,
    log_variance: tf.Tensor,
    log_prior: tf.Tensor | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """`log p(x|z)` and `log p(x, z) - log q(z|x)` of draws from the posterior, nats, each (batch, samples).

    Args:
        pixels: the likelihood.
        decode: from latents (batch * samples, latent_dim), those of a picture one after the other, to what the
            likelihood takes.
        images: (batch, height, width, channels) in [-1, 1].
        latents: (batch, samples, latent_dim).
        mean: of the posterior, (batch, latent_dim).
        log_variance: likewise.
        log_prior: of the latents, (batch, samples); the standard normal distribution's by default.
    """
    log_likelihood = draws_log_likelihood(pixels, decode, images, latents)
    weights = losses.log_importance_weights(log_likelihood, latents, mean[:, None], log_variance[:, None], log_prior)
    return log_likelihood, weights


def variational_networks(
    posterior: Callable[..., tuple[keras.KerasTensor, keras.KerasTensor]],
    picture: Callable[..., keras.KerasTensor],
    image_shape: tuple[int, ...],
    latent_dim: int,
    labelled: bool = False,
) -> dict[str, keras.Model]:
    """The two networks of a variational model: `encoder`, image -> mean, log_variance; `decoder`, latent -> image.

    Args:
        posterior: pictures to mean and log-variance; with labels as the second argument if `labelled`.
        picture: latents to pictures in [-1, 1]; likewise.
        image_shape: (height, width, channels).
        latent_dim: length of a latent.
        labelled: whether both also take `label`.
    """
    image = keras.Input(image_shape, name="image")
    label = {"label": keras.Input((), dtype="int64", name="label")} if labelled else {}
    mean, log_variance = posterior(image, *label.values())
    return {
        "encoder": keras.Model({"image": image, **label}, {"mean": mean, "log_variance": log_variance}),
        **decoding_network(picture, latent_dim, labelled),
    }


def kl_warmup(step: tf.Variable, steps: int, training: bool) -> float | tf.Tensor:
    """The share of its weight that the KL term has: in training it grows from 0 to 1 over the first `steps` steps.

    Source: Sønderby et al. 2016, "Ladder Variational Autoencoders", section 2.3.
    """
    if not (training and steps):
        return 1.0
    return tf.minimum(tf.cast(tf.convert_to_tensor(step), tf.float32) / steps, 1.0)


def check_importance(form: str, samples: int, groups: int, elbo_share: float) -> None:
    """Raises InputError for a form of the importance-weighted bound that is unknown, or that does not fit its
    settings."""
    require_among(get_args(losses.Importance), importance=form)
    require_at_least(1, importance_groups=groups)
    if form != "iwae" and samples < 2:
        raise InputError(f"the importance {form} must have num_samples above 1. Received: {samples}.")
    if samples % groups or (groups > 1 and form not in ("miwae", "piwae")):
        raise InputError(
            "`importance_groups` must divide `num_samples` for miwae and piwae, and be 1 otherwise. "
            f"Received: {groups}, with num_samples={samples} and importance={form!r}."
        )
    if not 0 <= elbo_share <= 1 or (elbo_share != 0.5 and form != "ciwae"):
        raise InputError(
            f"`elbo_share` must be from 0 to 1, and for ciwae alone. Received: {elbo_share}, with importance={form!r}."
        )
