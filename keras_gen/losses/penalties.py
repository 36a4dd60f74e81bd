"""Penalties on a discriminator's gradient, that keep it from becoming too steep, and on a generator's. One value per
example.

What a discriminator judges is a picture, or a tuple of tensors, such as a picture and its code; the gradient is then
that in all of them together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import tensorflow as tf

Sample: TypeAlias = tf.Tensor | tuple[tf.Tensor, ...]
Discriminator: TypeAlias = Callable[[Sample], tf.Tensor]


def r1_penalty(discriminator: Discriminator, real: Sample) -> tf.Tensor:
    """`|grad D(x)|^2 / 2` at real pictures: zero where the discriminator is flat around the data.

    Args:
        discriminator: samples to logits, (batch, 1) or a map of patches, which is summed over.
        real: (batch, ...) each, from the data.

    Returns:
        (batch,), at least 0, differentiable in the discriminator's weights.

    Source: Mescheder et al. 2018, "Which Training Methods for GANs do actually Converge?", equation 9.
    """
    return 0.5 * _squared_gradient(discriminator, real)


def r2_penalty(discriminator: Discriminator, fake: Sample) -> tf.Tensor:
    """`|grad D(x)|^2 / 2` at generated pictures; arguments and values as for `r1_penalty`.

    Source: Mescheder et al. 2018, "Which Training Methods for GANs do actually Converge?", equation 10.
    """
    return 0.5 * _squared_gradient(discriminator, fake)


def gradient_penalty(discriminator: Discriminator, real: Sample, fake: Sample, place: tf.Tensor) -> tf.Tensor:
    """`(|grad D(x)| - 1)^2` somewhere between a real and a generated picture.

    Args:
        discriminator: as for `r1_penalty`.
        real: (batch, ...) each, from the data.
        fake: generated, of the same shapes.
        place: (batch, 1), where between them: 0 is the generated one. Uniform on [0, 1) in the paper.

    Returns:
        (batch,), at least 0.

    Source: Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", equation 3.
    """

    def between(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        weight = tf.reshape(place, [-1] + [1] * (x.shape.rank - 1))
        return weight * tf.cast(x, tf.float32) + (1.0 - weight) * tf.cast(y, tf.float32)

    return _squared_excess(discriminator, tf.nest.map_structure(between, real, fake))


def dragan_penalty(discriminator: Discriminator, real: Sample, noise: Sample) -> tf.Tensor:
    """`(|grad D(x + d)| - 1)^2` near a real picture.

    Args:
        discriminator: as for `r1_penalty`.
        real: (batch, ...) each, from the data.
        noise: of the same shapes, what is added to them: in the paper half their standard deviation over the batch,
            times numbers that are uniform on [0, 1).

    Returns:
        (batch,), at least 0.

    Source: Kodali et al. 2017, "On Convergence and Stability of GANs", section 2.3, with the noise of
    the authors' program.
    """
    return _squared_excess(discriminator, tf.nest.map_structure(tf.add, real, noise))


def path_lengths(generator: Callable[[tf.Tensor], tf.Tensor], styles: tf.Tensor, directions: tf.Tensor) -> tf.Tensor:
    """`|J^T y|`, how far pictures move along `y` when the styles move.

    Args:
        generator: styles to pictures, (batch, ...), in which J is the Jacobian.
        styles: (batch, size), or (batch, layers, size), of which the mean square over the layers is taken.
        directions: y, as the pictures: standard normal numbers divided by the root of the number of pixels.

    Returns:
        (batch,) float32, differentiable in the generator's weights. For a linear generator `x = A w` the expectation of
        the square is the sum of the squares of A, divided by the number of pixels.

    Source: Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", section 3.2, with the scale of
    the authors' program.
    """
    with tf.GradientTape() as tape:
        tape.watch(styles)
        along = tf.reduce_sum(tf.cast(generator(styles), tf.float32) * directions)
    gradient = tf.cast(tape.gradient(along, styles), tf.float32)
    squares = tf.reduce_sum(tf.square(gradient), axis=-1)
    # The root's derivative is infinite at 0.
    return tf.sqrt(tf.reduce_mean(tf.reshape(squares, (tf.shape(squares)[0], -1)), axis=1) + 1e-12)


def path_length_penalty(lengths: tf.Tensor, mean: tf.Tensor) -> tf.Tensor:
    """`(|J^T y| - a)^2`, so that a step of a fixed size in the styles changes every picture by as much.

    Args:
        lengths: (batch,), of `path_lengths`.
        mean: a, their running mean, a scalar.

    Returns:
        (batch,).

    Source: Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", equation 4.
    """
    return tf.square(lengths - mean)


def _squared_excess(discriminator: Discriminator, place: Sample) -> tf.Tensor:
    # The root's derivative is infinite at 0, where a discriminator that is flat would get NaN.
    length = tf.sqrt(_squared_gradient(discriminator, place) + 1e-12)
    return tf.square(length - 1.0)


def _squared_gradient(discriminator: Discriminator, place: Sample) -> tf.Tensor:
    """`|grad D|^2`, (batch,), over all axes but the first of all tensors."""
    with tf.GradientTape() as tape:
        tape.watch(place)
        logits = discriminator(place)
    gradients = [tf.cast(part, tf.float32) for part in tf.nest.flatten(tape.gradient(logits, place))]
    return tf.add_n([tf.reduce_sum(tf.square(part), axis=list(range(1, part.shape.rank))) for part in gradients])
