"""The class-conditional networks of BigGAN, at any size.

`filters` is the number of channels at full resolution. It doubles each time the resolution is halved, up to 8 times
`filters`. Height and width must be at least 8 and must be divisible by 2 until the smaller one is 4 to 7.

Source: Brock et al. 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis", appendix B; attention:
Zhang et al. 2019, "Self-Attention Generative Adversarial Networks".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
from keras import layers, ops

from keras_gen.layers import (
    ConditionalBatchNormalization,
    OffDiagonalOrthogonal,
    ProjectionHead,
    SelfAttention,
    SpectralConv2D,
    SpectralDense,
)
from keras_gen.networks.normalization import EPSILON, MOMENTUM, batch_normalization
from keras_gen.networks.residual import down_block, level_block, pooled, up_block
from keras_gen.networks.sizes import halvings, widened
from serving.common.errors import InputError

FAMILY = "biggan"
INITIALIZER = "orthogonal"


def conditional_generator(
    latent_dim: int,
    classes: int,
    image_shape: tuple[int, int, int],
    filters: int = 32,
    shared_dim: int = 128,
    attention: int | None = None,
    orthogonal: float = 1e-4,
    spectral_normalization: bool = True,
) -> keras.Model:
    """Latents (batch, latent_dim) and labels (batch,) -> (batch, height, width, channels) in [-1, 1].

    The latent is split as evenly as possible into one chunk for the first layer and one for every block. The
    normalization layers of a block are conditioned on its chunk and on an embedding of the class that all blocks
    share.

    Args:
        latent_dim: length of a latent, at least the number of chunks.
        classes: number of classes.
        image_shape: (height, width, channels).
        filters: channels before the last convolution.
        shared_dim: length of the embedding.
        attention: resolution (the smaller side) at which self-attention is applied; half of the image's by default,
            none with 0.
        orthogonal: weight of the orthogonal regularization of the filters.
        spectral_normalization: divide every weight but the embedding by its largest singular value.
    """
    stages = halvings(image_shape, FAMILY)
    regularizer = OffDiagonalOrthogonal(orthogonal) if orthogonal else None
    options: dict[str, Any] = {"kernel_initializer": INITIALIZER, "kernel_regularizer": regularizer}
    convolution = partial(_convolution, SpectralConv2D if spectral_normalization else layers.Conv2D, options)
    attended = _attention(image_shape, stages, attention, {**options, "spectral_normalization": spectral_normalization})
    height, width = (side >> stages for side in image_shape[:2])
    deepest = widened(filters, stages - 1)

    latents, labels = keras.Input((latent_dim,), name="latent"), keras.Input((), dtype="int64", name="label")
    first, *pieces = _pieces(latents, stages + 1)
    shared = layers.Embedding(classes, shared_dim, INITIALIZER, name="shared")(labels)
    dense = SpectralDense if spectral_normalization else layers.Dense
    x = layers.Reshape((height, width, deepest))(dense(height * width * deepest, **options)(first))
    for stage, piece in zip(reversed(range(stages)), pieces, strict=True):
        x = attended(x)
        condition = layers.Concatenate()([piece, shared])

        def normalized(x: keras.KerasTensor, condition: keras.KerasTensor = condition) -> keras.KerasTensor:
            return ConditionalBatchNormalization(MOMENTUM, EPSILON, spectral_normalization, **options)(x, condition)

        x = up_block(x, widened(filters, stage), convolution, normalized)
    x = layers.ReLU()(batch_normalization()(x))
    x = layers.Activation("tanh")(convolution(image_shape[2], 3)(x))
    return keras.Model([latents, labels], x, name="conditional_generator")


def conditional_discriminator(
    image_shape: tuple[int, int, int],
    classes: int,
    filters: int = 32,
    attention: int | None = None,
    spectral_normalization: bool = True,
) -> keras.Model:
    """Pictures in [-1, 1] and labels (batch,) -> logits (batch, 1); the class is judged by projection.

    Args:
        image_shape: as in the generator.
        classes: number of classes.
        filters: channels after the first block.
        attention: as in the generator.
        spectral_normalization: divide every weight by its largest singular value.
    """
    stages = halvings(image_shape, FAMILY)
    options: dict[str, Any] = {"kernel_initializer": INITIALIZER}
    convolution = partial(_convolution, SpectralConv2D if spectral_normalization else layers.Conv2D, options)
    attended = _attention(image_shape, stages, attention, {**options, "spectral_normalization": spectral_normalization})

    images, labels = keras.Input(image_shape, name="image"), keras.Input((), dtype="int64", name="label")
    x = images
    for stage in range(stages):
        x = attended(down_block(x, widened(filters, stage), convolution, first=stage == 0))
    logits = ProjectionHead(classes, spectral_normalization, INITIALIZER)(pooled(level_block(x, convolution)), labels)
    return keras.Model([images, labels], logits, name="conditional_discriminator")


def _convolution(
    kind: type[keras.layers.Conv2D], options: dict[str, Any], width: int, kernel_size: int
) -> keras.layers.Layer:
    return kind(width, kernel_size, padding="same", **options)


def _attention(
    image_shape: tuple[int, int, int], stages: int, side: int | None, options: dict[str, Any]
) -> Callable[[keras.KerasTensor], keras.KerasTensor]:
    """What puts attention where the smaller side is `side`, and leaves all else as it is."""
    sides = [min(image_shape[:2]) >> halved for halved in range(1, stages + 1)]
    wanted = sides[0] if side is None else side
    if wanted not in (0, *sides):
        raise InputError(f"`attention` must be 0 or one of {', '.join(map(str, sides))}. Received: {side}.")

    def attended(x: keras.KerasTensor) -> keras.KerasTensor:
        return SelfAttention(**options)(x) if min(x.shape[1:3]) == wanted else x

    return attended


def _pieces(latents: keras.KerasTensor, number: int) -> list[keras.KerasTensor]:
    """The latent in pieces of lengths that differ by one at most."""
    size = latents.shape[-1]
    if size < number:
        raise InputError(f"`latent_dim` must be at least {number}, a number for each block. Received: {size}.")
    return ops.split(latents, [size * index // number for index in range(1, number)], axis=-1)
