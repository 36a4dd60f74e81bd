"""What keeps the codes of an autoencoder, or the posteriors of a variational one, in a form: by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, NamedTuple, TypeAlias

import keras
import tensorflow as tf

from keras_gen.layers.replica import all_examples
from keras_gen.losses.discrepancy import mmd_terms
from keras_gen.losses.divergences import total_correlation
from keras_gen.registry import Registry
from keras_gen.training.clipping import bound_spectra
from serving.common.errors import InputError, require_at_least


class Regularized(NamedTuple):
    """What a regularizer may look at in a step.

    Attributes:
        codes: (batch, size) float32; draws from the posteriors where there are any.
        decoder: the network.
        decode: from codes to pictures, in the mode of the step.
        draw: (size, purpose) to standard normal numbers, (batch, size).
        mean: of the posteriors, (batch, size); None of an encoder that gives codes.
        log_variance: likewise.
    """

    codes: tf.Tensor
    decoder: keras.Model
    decode: Callable[[tf.Tensor], tf.Tensor]
    draw: Callable[[int, str], tf.Tensor]
    mean: tf.Tensor | None = None
    log_variance: tf.Tensor | None = None


@dataclass(frozen=True)
class Regularizer:
    """A term of the loss, or a bound on weights.

    Attributes:
        value: the term, (batch,); None for one that only bounds weights.
        bound: bounds the decoder's weights, given the decoder and the regularizer's weight.
        couples_examples: whether the term of an example depends on the other examples of the batch.
        prior: what codes come to follow by it, if anything.
    """

    value: Callable[[Regularized], tf.Tensor] | None = None
    bound: Callable[[keras.Model, float], None] | None = None
    couples_examples: bool = False
    prior: str | None = None


def _l2(of: Regularized) -> tf.Tensor:
    """Sum of the squares of the decoder's weights (Ghosh et al. 2020, RAE-L2)."""
    weights = [tf.reduce_sum(tf.square(tf.cast(weight, tf.float32))) for weight in of.decoder.trainable_weights]
    return tf.fill(tf.shape(of.codes)[:1], tf.add_n(weights))


def _gradient(of: Regularized) -> tf.Tensor:
    """`|J|^2` of the decoder's Jacobian J at the code (Ghosh et al. 2020, RAE-GP), without bias by one random
    direction of pictures: the expectation of `|v J|^2` over standard normal v is the sum of squares of J."""
    with tf.GradientTape() as tape:
        tape.watch(of.codes)
        pictures = tf.cast(of.decode(of.codes), tf.float32)
        size = pictures.shape[1:].num_elements()
        direction = tf.reshape(of.draw(size, "regularizer"), tf.shape(pictures))
        along = tf.reduce_sum(pictures * direction)
    return tf.reduce_sum(tf.square(tape.gradient(along, of.codes)), axis=-1)


def _mmd(of: Regularized) -> tf.Tensor:
    """Discrepancy of the codes from the standard normal distribution (`mmd_terms`)."""
    draws = of.draw(of.codes.shape[-1], "prior")
    return mmd_terms(of.codes, draws, all_examples(of.codes), all_examples(draws))


def _tc(of: Regularized) -> tf.Tensor:
    """`total_correlation` of the draws."""
    assert of.mean is not None, "of a model with posteriors"
    assert of.log_variance is not None, "of a model with posteriors"
    return total_correlation(of.codes, all_examples(of.mean), all_examples(of.log_variance))


CODE_REGULARIZERS: Registry[Regularizer] = Registry(
    "regularizer",
    {
        "l2": Regularizer(_l2),
        "gradient_penalty": Regularizer(_gradient),
        "spectral": Regularizer(bound=bound_spectra),
        "mmd": Regularizer(_mmd, couples_examples=True, prior="standard_normal"),
    },
    kind=Regularizer,
)
POSTERIOR_REGULARIZERS: Registry[Regularizer] = Registry(
    "regularizer",
    {"tc": Regularizer(_tc, couples_examples=True), "mmd": Regularizer(_mmd, couples_examples=True)},
    kind=Regularizer,
)
CodeRegularizer: TypeAlias = Annotated[str | None, CODE_REGULARIZERS]
PosteriorRegularizer: TypeAlias = Annotated[str | None, POSTERIOR_REGULARIZERS]


def chosen_regularizer(registry: Registry[Regularizer], name: str | None, weight: float) -> Regularizer | None:
    """The regularizer of a name.

    Raises:
        InputError: there is none, a weight below 0, or one for no regularizer.
    """
    require_at_least(0, regularizer_weight=weight)
    if name is not None:
        return registry.find(name, optional=True)
    if weight != 1:
        raise InputError(f"`regularizer_weight` must be left out without a `regularizer`. Received: {weight}.")
    return None
