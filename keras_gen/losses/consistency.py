"""What keeps a discriminator that has few pictures from learning them by heart. One value per example."""

from __future__ import annotations

import tensorflow as tf

from keras_gen.losses.adversarial import mean_per_example

# A share of pictures whose logarithm is still a number.
RARE = 1e-8


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


def invariant_information(
    first: tf.Tensor, second: tf.Tensor, every_first: tf.Tensor, every_second: tf.Tensor
) -> tf.Tensor:
    """Minus what the categories of two changed copies of a picture tell of each other, mutual information in nats.

    It is least where both copies get the same category, surely, and all categories are as frequent as each other.
    Gradients reach `first` and `second` alone, which is all of them: those of the frequencies cancel.

    Args:
        first: probabilities of the categories of one copy of each picture, (batch, categories).
        second: likewise, of the other.
        every_first: of all pictures that frequencies are taken from, these among them, (n, categories).
        every_second: likewise.

    Returns:
        (batch,), whose mean over all pictures is minus the information, at least `-log categories`.

    Source: Ji et al. 2019, "Invariant Information Clustering for Unsupervised Image Classification and Segmentation",
    equations 2 and 3.
    """
    joint = tf.matmul(every_first, every_second, transpose_a=True) / tf.cast(tf.shape(every_first)[0], first.dtype)
    joint = tf.maximum((joint + tf.transpose(joint)) / 2.0, RARE)
    alone = tf.reduce_sum(joint, axis=1)
    told = tf.math.log(joint / (alone[:, None] * alone[None]))
    return -tf.reduce_sum(tf.matmul(first, tf.stop_gradient(told)) * second, axis=1)
