"""What keeps a discriminator that has few pictures from learning them by heart. One value per example."""

from __future__ import annotations

import tensorflow as tf

from keras_gen.losses.adversarial import mean_per_example


def balanced_consistency(logits: tf.Tensor, changed_logits: tf.Tensor) -> tf.Tensor:
    """`(D(x) - D(T(x)))^2`: 0 where a change of the pictures does not change the judgement.

    Args:
        logits: of pictures, real or generated, (batch, ...).
        changed_logits: of the same pictures, changed at random.

    Returns:
        (batch,), at least 0.

    Source: Zhao et al. 2021, "Improved Consistency Regularization for GANs", algorithm 1.
    """
    return mean_per_example(tf.square(logits - changed_logits))


def lecam_penalty(
    real_logits: tf.Tensor, fake_logits: tf.Tensor, real_average: tf.Tensor, fake_average: tf.Tensor
) -> tf.Tensor:
    """`max(0, D(x) - a_F)^2 + max(0, a_R - D(G(z)))^2`: how far logits lie beyond what the other side had of late.

    Args:
        real_logits: of pictures from the data, (batch, ...).
        fake_logits: of as many generated ones.
        real_average: scalar, the moving average of the logits of real pictures.
        fake_average: scalar, that of generated ones.

    Returns:
        (batch,), at least 0.

    Source: Tseng et al. 2021, "Regularizing Generative Adversarial Networks under Limited Data", the regularization
    R_LC, with the rectifiers of the authors' program.
    """
    real = mean_per_example(tf.square(tf.nn.relu(real_logits - fake_average)))
    return real + mean_per_example(tf.square(tf.nn.relu(real_average - fake_logits)))


def mean_of_best(losses: tf.Tensor, logits: tf.Tensor, all_logits: tf.Tensor, best: tf.Tensor) -> tf.Tensor:
    """Losses whose mean over the batch is the mean of those with the `best` largest logits.

    Args:
        losses: (batch,), of a part of the batch, or of all of it.
        logits: (batch,), of the same examples.
        all_logits: (examples,), of the whole batch.
        best: integer scalar from 1 to `examples`. Equal logits at the limit are all taken.

    Returns:
        (batch,); 0 for those that are not taken.

    Source: Sinha et al. 2020, "Top-k Training of GANs: Improving GAN Performance by Throwing Away Bad Samples",
    section 3.
    """
    limit = tf.sort(all_logits, direction="DESCENDING")[best - 1]
    taken = tf.reduce_sum(tf.cast(all_logits >= limit, losses.dtype))
    share = tf.cast(tf.size(all_logits), losses.dtype) / taken
    return tf.where(logits >= limit, share * losses, tf.zeros_like(losses))
