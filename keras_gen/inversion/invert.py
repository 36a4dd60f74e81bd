"""Latents whose pictures are nearest to given ones."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from keras_gen.inversion.decoder import LatentDecoder, decoder_of
from keras_gen.inversion.evolution import evolved
from serving.common.classes import class_labels
from serving.common.errors import InputError, require_at_least

STEPS = 300
# Brings latents found for unseen digits to the length that draws of the prior have, at the cost of 0.6 dB.
PRIOR_WEIGHT = 5e-3
ROWS = 128
ADAM_DECAYS = (0.9, 0.999)
EPSILON = 1e-8

Features = Callable[[tf.Tensor], tf.Tensor]
Descend = Callable[..., tuple[tf.Tensor, tf.Tensor]]


class Inversion(NamedTuple):
    """What was found for n pictures.

    Attributes:
        latents: float32, (n, latent_dim).
        pictures: what they decode to, float32 in [-1, 1].
    """

    latents: np.ndarray
    pictures: np.ndarray


def invert(
    model: keras.Model | LatentDecoder,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    steps: int | None = None,
    restarts: int = 8,
    seed: int = 0,
    trial_steps: int = 50,
    learning_rate: float = 0.1,
    prior_weight: float = PRIOR_WEIGHT,
    features: Features | None = None,
    feature_weight: float = 1.0,
) -> Inversion:
    """Latents that minimize the squared error of their pictures, each picture on its own.

    The encoder gives the latent to start from. Without one, the same `restarts` draws of the prior are tried for every
    picture, and the one that is best after `trial_steps` goes on. Adam descends, its rate along a cosine to 0,

        mean (x - G(z))^2 + feature_weight * mean (f(x) - f(G(z)))^2 + prior_weight * mean(z^2) / 2

    or, for a decoder without gradients, a separable CMA-ES of as many generations finds the least. The last term, the
    density of the standard normal prior, is left out for other priors. The best latent on the way is
    kept. The same arguments give the same latents.

    Args:
        model: a model of keras_gen, or what `open_decoder` gives.
        images: (n, height, width, channels) in [-1, 1].
        labels: (n,) integers, for a decoder that sees classes.
        steps: of the descent; by default none where there is an encoder, whose code is then the result, else 300.
        restarts: draws to try, without an encoder.
        seed: seed of the draws.
        trial_steps: steps for each draw before one is chosen, at most `steps`.
        learning_rate: first rate of Adam.
        prior_weight: see above.
        features: pictures (n, height, width, channels) to features (n, ...), differentiable; none by default.
        feature_weight: see above.

    Raises:
        InputError: a value out of range, pictures of another shape, missing labels, nothing to start from.

    Source: Zhu et al. 2016, "Generative Visual Manipulation on the Natural Image Manifold", section 3.1; Creswell &
    Bharath 2016, "Inverting The Generator Of A Generative Adversarial Network".
    """
    decoder = model if isinstance(model, LatentDecoder) else decoder_of(model)
    if steps is None:
        steps = 0 if decoder.encode else STEPS
    require_at_least(0, steps=steps, trial_steps=trial_steps, prior_weight=prior_weight, feature_weight=feature_weight)
    require_at_least(1, restarts=restarts)
    if not learning_rate > 0:
        raise InputError(f"`learning_rate` must be positive. Received: {learning_rate}.")
    images = np.asarray(images, np.float32)
    if images.shape[1:] != tuple(decoder.image_shape) or not len(images):
        expected = "x".join(map(str, decoder.image_shape))
        raise InputError(f"`images` must be at least one picture of {expected}. Received: {images.shape}.")
    known = _labels(decoder, len(images), labels)
    starts = _starts(decoder, images, known, restarts, seed)
    prior_weight = prior_weight if decoder.normal else 0.0
    terms = (prior_weight, features, feature_weight)
    descend = _descent(decoder, learning_rate, *terms) if decoder.differentiable else _search(decoder, seed, *terms)
    latents = np.concatenate(
        [
            _invert_batch(descend, starts[p], images[p], known[p], min(trial_steps, steps), steps)
            for p in _pieces(len(images), max(1, ROWS // starts.shape[1]))
        ]
    )
    pictures = [np.asarray(decoder.decode(latents[p], known[p])) for p in _pieces(len(images), ROWS)]
    return Inversion(latents, np.concatenate(pictures))


def _pieces(n: int, length: int) -> list[slice]:
    return [slice(i, i + length) for i in range(0, n, length)]


def _labels(decoder: LatentDecoder, n: int, labels: np.ndarray | None) -> np.ndarray:
    """The labels, or zeros for a decoder that ignores them."""
    if not decoder.classes:
        return np.zeros(n, np.int64)
    if labels is None:
        raise InputError("`labels` must be given for a decoder that sees classes. Received: no labels.")
    return class_labels(n, len(decoder.classes), labels)


def _starts(decoder: LatentDecoder, images: np.ndarray, labels: np.ndarray, restarts: int, seed: int) -> np.ndarray:
    """(n, 1, latent_dim) by the encoder, or (n, restarts, latent_dim) drawn, the same for all."""
    if decoder.encode:
        codes = [decoder.encode(images[p], labels[p]) for p in _pieces(len(images), ROWS)]
        return np.concatenate(codes)[:, None]
    if decoder.draw is None:
        raise InputError("a model to invert must have an encoder or a prior. Received: a model without both.")
    return np.broadcast_to(decoder.draw(restarts, seed), (len(images), restarts, decoder.latent_dim))


def _invert_batch(
    descend: Descend, starts: np.ndarray, images: np.ndarray, labels: np.ndarray, trial_steps: int, steps: int
) -> np.ndarray:
    n, restarts, size = starts.shape
    latents = starts[:, 0]
    if restarts > 1:
        repeated = (np.repeat(array, restarts, axis=0) for array in (images, labels))
        tried, values = descend(starts.reshape(-1, size), *repeated, trial_steps)
        chosen = np.asarray(values).reshape(n, restarts).argmin(axis=1)
        latents = np.asarray(tried).reshape(starts.shape)[np.arange(n), chosen]
    return np.asarray(descend(latents, images, labels, steps)[0])


def _search(
    decoder: LatentDecoder, seed: int, prior_weight: float, features: Features | None, feature_weight: float
) -> Descend:
    """As `_descent`, without gradients."""

    def descend(
        starts: np.ndarray, images: np.ndarray, labels: np.ndarray, steps: int
    ) -> tuple[np.ndarray, np.ndarray]:
        seen = None if features is None else np.asarray(features(images))

        def objective(latents: np.ndarray, rows: np.ndarray) -> np.ndarray:
            pictures = np.asarray(decoder.decode(latents, labels[rows]))
            values = _mean_square(images[rows] - pictures) + 0.5 * prior_weight * _mean_square(latents)
            if features is not None and seen is not None:
                values += feature_weight * _mean_square(seen[rows] - np.asarray(features(pictures)))
            return np.asarray(values)

        return evolved(objective, starts, steps, seed)

    return descend


def _descent(
    decoder: LatentDecoder,
    learning_rate: float,
    prior_weight: float,
    features: Features | None,
    feature_weight: float,
) -> Descend:
    """A function of latents, pictures, labels and a number of steps, to the best latents on the way and their values,
    (n,)."""

    def objective(latents: tf.Tensor, images: tf.Tensor, seen: tf.Tensor | None, labels: tf.Tensor) -> tf.Tensor:
        sought, noise = tf.split(latents, [decoder.latent_dim - decoder.noise, decoder.noise], axis=1)
        latents = tf.concat([sought, tf.stop_gradient(noise)], axis=1)
        pictures = tf.cast(decoder.decode(latents, labels), tf.float32)
        values = _mean_square(images - pictures) + 0.5 * prior_weight * _mean_square(sought)
        if features is None:
            return values
        return values + feature_weight * _mean_square(tf.cast(features(pictures), tf.float32) - seen)

    def descend(
        starts: tf.Tensor, images: tf.Tensor, labels: tf.Tensor, steps: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        seen = None if features is None else tf.cast(features(images), tf.float32)

        def step(done: tf.Tensor, latents: tf.Tensor, *state: tf.Tensor) -> tuple[tf.Tensor, ...]:
            mean, square, best, least = state
            with tf.GradientTape() as tape:
                tape.watch(latents)
                values = objective(latents, images, seen, labels)
            gradient = tape.gradient(values, latents)
            better = values < least
            best, least = tf.where(better[:, None], latents, best), tf.where(better, values, least)
            share = tf.cast(done, tf.float32) / tf.cast(tf.maximum(steps, 1), tf.float32)
            rate = learning_rate * 0.5 * (1.0 + tf.cos(math.pi * share))
            move, mean, square = _adam(gradient, mean, square, tf.cast(done + 1, tf.float32))
            return done + 1, latents - rate * move, mean, square, best, least

        zeros, worst = tf.zeros_like(starts), tf.fill(tf.shape(starts)[:1], math.inf)
        # The last round is there for the value of the last latents.
        state = (tf.constant(0), starts, zeros, zeros, starts, worst)
        *_, best, least = tf.while_loop(lambda done, *_: done <= steps, step, state)
        return best, least

    return tf.function(
        descend,
        input_signature=[
            tf.TensorSpec((None, decoder.latent_dim)),
            tf.TensorSpec((None, *decoder.image_shape)),
            tf.TensorSpec((None,), tf.int64),
            tf.TensorSpec((), tf.int32),
        ],
        autograph=False,
    )


def _adam(
    gradient: tf.Tensor, mean: tf.Tensor, square: tf.Tensor, step: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Adam's direction, and its two running means; every number has its own, so that rows do not meet."""
    first, second = ADAM_DECAYS
    mean = first * mean + (1.0 - first) * gradient
    square = second * square + (1.0 - second) * tf.square(gradient)
    size = tf.sqrt(square / (1.0 - tf.pow(second, step))) + EPSILON
    return mean / (1.0 - tf.pow(first, step)) / size, mean, square


def _mean_square(values: tf.Tensor) -> tf.Tensor:
    """(n, ...) to (n,)."""
    return tf.reduce_mean(tf.square(values), axis=list(range(1, len(values.shape))))
