"""Pairs of losses for a generator and a discriminator.

Logits are large where the discriminator takes a picture for real. They may be one per example, (batch,)
or (batch, 1), or a map of patches, (batch, height, width, 1), over which the loss is averaged.

`label_smoothing` is one-sided: the target of real pictures is that much below 1, that of generated ones stays 0
(Salimans et al. 2016, "Improved Techniques for Training GANs", section 3.4).
"""

from __future__ import annotations

import tensorflow as tf


def minimax_generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """`log(1 - D(G(z)))`, whose gradient vanishes while the discriminator wins.

    Args:
        fake_logits: logits of generated pictures.

    Returns:
        (batch,), at most 0.

    Source: Goodfellow et al. 2014, "Generative Adversarial Nets", equation 1.
    """
    return mean_per_example(-tf.nn.softplus(fake_logits))


def minimax_discriminator_loss(
    real_logits: tf.Tensor, fake_logits: tf.Tensor, label_smoothing: float = 0.0
) -> tf.Tensor:
    """That of the non-saturating pair, which differs in the generator's loss alone."""
    return non_saturating_discriminator_loss(real_logits, fake_logits, label_smoothing)


def non_saturating_generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """`-log D(G(z))`, whose gradient does not vanish while the discriminator wins.

    Args:
        fake_logits: logits of generated pictures.

    Returns:
        (batch,), at least 0.

    Source: Goodfellow et al. 2014, "Generative Adversarial Nets", section 3.
    """
    return mean_per_example(tf.nn.softplus(-fake_logits))


def non_saturating_discriminator_loss(
    real_logits: tf.Tensor, fake_logits: tf.Tensor, label_smoothing: float = 0.0
) -> tf.Tensor:
    """`-log D(x) - log(1 - D(G(z)))`: 2 log 2 where the discriminator cannot tell them apart.

    Args:
        real_logits: logits of pictures from the data.
        fake_logits: logits of generated pictures, as many.
        label_smoothing: 1 minus the target of real pictures.

    Returns:
        (batch,), at least 0.

    Source: Goodfellow et al. 2014, "Generative Adversarial Nets", equation 1.
    """
    # The cross-entropy with the target 1 - s is that with the target 1 plus s times the logit.
    real = tf.nn.softplus(-real_logits) + label_smoothing * real_logits
    return mean_per_example(real) + mean_per_example(tf.nn.softplus(fake_logits))


def least_squares_generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """`(D(G(z)) - 1)^2 / 2`.

    Args:
        fake_logits: outputs for generated pictures.

    Returns:
        (batch,), at least 0.

    Source: Mao et al. 2017, "Least Squares Generative Adversarial Networks", equation 9.
    """
    return mean_per_example(0.5 * tf.square(fake_logits - 1.0))


def least_squares_discriminator_loss(
    real_logits: tf.Tensor, fake_logits: tf.Tensor, label_smoothing: float = 0.0
) -> tf.Tensor:
    """`(D(x) - 1)^2 / 2 + D(G(z))^2 / 2`: 1/4 where the discriminator says 1/2 to everything.

    Args:
        real_logits: outputs for pictures from the data.
        fake_logits: outputs for generated pictures, as many.
        label_smoothing: 1 minus the target of real pictures.

    Returns:
        (batch,), at least 0.

    Source: Mao et al. 2017, "Least Squares Generative Adversarial Networks", equation 9.
    """
    real = 0.5 * tf.square(real_logits - (1.0 - label_smoothing))
    return mean_per_example(real) + mean_per_example(0.5 * tf.square(fake_logits))


def hinge_generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """`-D(G(z))`.

    Args:
        fake_logits: logits of generated pictures.

    Returns:
        (batch,), any value.

    Source: Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks", equation 17.
    """
    return mean_per_example(-fake_logits)


def hinge_discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """`max(0, 1 - D(x)) + max(0, 1 + D(G(z)))`: 2 where the discriminator says 0 to everything.

    Args:
        real_logits: logits of pictures from the data.
        fake_logits: logits of generated pictures, as many.

    Returns:
        (batch,), at least 0.

    Source: Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks", equation 16.
    """
    return mean_per_example(tf.nn.relu(1.0 - real_logits)) + mean_per_example(tf.nn.relu(1.0 + fake_logits))


def wasserstein_generator_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """`-D(G(z))`.

    Args:
        fake_logits: the critic's values of generated pictures.

    Returns:
        (batch,), any value.

    Source: Arjovsky et al. 2017, "Wasserstein GAN", algorithm 1.
    """
    return mean_per_example(-fake_logits)


def wasserstein_discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """`D(G(z)) - D(x)`: minus the distance, if the critic is 1-Lipschitz, which clipped weights, a gradient penalty
    or spectral normalization must see to.

    Args:
        real_logits: the critic's values of pictures from the data.
        fake_logits: the critic's values of generated pictures, as many.

    Returns:
        (batch,), any value.

    Source: Arjovsky et al. 2017, "Wasserstein GAN", algorithm 1.
    """
    return mean_per_example(fake_logits) - mean_per_example(real_logits)


def relativistic_generator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """`-log sigmoid(D(G(z)) - D(x))`, for pairs of a generated and a real picture.

    Args:
        real_logits: logits of pictures from the data.
        fake_logits: logits of generated pictures, as many.

    Returns:
        (batch,), at least 0.

    Source: Jolicoeur-Martineau 2019, "The relativistic discriminator", the RSGAN pair; Huang et al. 2024, "The GAN is
    dead; long live the GAN!", equation 2.
    """
    return mean_per_example(tf.nn.softplus(real_logits - fake_logits))


def relativistic_discriminator_loss(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """`-log sigmoid(D(x) - D(G(z)))`, for the same pairs: log 2 where the discriminator cannot tell them apart.

    Args and returns: as `relativistic_generator_loss`.

    Source: likewise.
    """
    return mean_per_example(tf.nn.softplus(fake_logits - real_logits))


def mean_per_example(values: tf.Tensor) -> tf.Tensor:
    """(batch, ...) to (batch,)."""
    return tf.reduce_mean(values, axis=list(range(1, values.shape.rank)))
