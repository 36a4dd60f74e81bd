"""The maximum mean discrepancy between codes and draws of a prior, one value per example."""

from __future__ import annotations

import tensorflow as tf

# Of the kernel's constants, in units of the mean squared distance between two draws of the prior.
KERNEL_SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


def mmd_terms(
    codes: tf.Tensor,
    draws: tf.Tensor,
    all_codes: tf.Tensor | None = None,
    all_draws: tf.Tensor | None = None,
) -> tf.Tensor:
    """What each example adds to the squared maximum mean discrepancy from the standard normal distribution.

    Its mean over all examples is the estimate without bias, with the sum of seven inverse multiquadric kernels
    `C / (C + |x - y|^2)`, where C is 0.1, 0.2, 0.5, 1, 2, 5 and 10 times `2 * size`.

    Args:
        codes: (batch, size).
        draws: (batch, size), standard normal.
        all_codes: (n, size), those of all replicas, which `codes` are among; `codes` by default.
        all_draws: likewise.

    Returns:
        (batch,), below 0 where chance has it so. Of a single example there is no pair to compare, and what is left is
        its distance from its draw.

    Source: Tolstikhin et al. 2018, "Wasserstein Auto-Encoders", algorithm 2 and section 4; Gretton et al. 2012, "A
    Kernel Two-Sample Test", equation 3.
    """
    all_codes = codes if all_codes is None else all_codes
    all_draws = draws if all_draws is None else all_draws
    count = tf.cast(tf.shape(all_codes)[0], codes.dtype)
    others = tf.maximum(count - 1.0, 1.0)
    # The kernel of an example with itself is 1 for each scale.
    within = [
        (_kernel_sums(own, every) - len(KERNEL_SCALES)) / others
        for own, every in ((codes, all_codes), (draws, all_draws))
    ]
    return within[0] + within[1] - 2.0 * _kernel_sums(codes, all_draws) / count


def _kernel_sums(points: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Of each point, the sum of the kernel over all others, (batch,)."""
    squares = tf.reduce_sum(tf.square(points), -1)[:, None] + tf.reduce_sum(tf.square(others), -1)[None]
    # Rounding may leave less than nothing between equal points.
    distances = tf.maximum(squares - 2.0 * tf.matmul(points, others, transpose_b=True), 0.0)
    constants = [factor * 2.0 * points.shape[-1] for factor in KERNEL_SCALES]
    return tf.add_n([tf.reduce_sum(constant / (constant + distances), axis=-1) for constant in constants])
