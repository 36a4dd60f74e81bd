"""Strided convolutions in the encoder, transposed ones in the decoder, no normalization: the autoencoders' default.

`map_encoder` and `map_decoder` keep the places of the picture, for codes that are maps; they have residual blocks.

`filters` is the number of channels after the first convolution and doubles with each following one; `kernel_size` is
the size of all of them; `units` is the width of the dense layer between convolutions and code; `activation` is the name
of any Keras activation.
"""

from __future__ import annotations

import keras
from keras import layers

from serving.common.errors import InputError, require_at_least

SMALLEST_SIDE = 4
MAX_STAGES = 4


def encoder(
    image_shape: tuple[int, int, int],
    outputs: int,
    filters: int = 32,
    units: int = 256,
    kernel_size: int = 4,
    activation: str = "relu",
) -> keras.Model:
    """(batch, height, width, channels), height and width even -> (batch, outputs)."""
    images = keras.Input(image_shape, name="image")
    x = images
    for stage in range(_stages(image_shape)):
        x = layers.Conv2D(filters * 2**stage, kernel_size, strides=2, padding="same", activation=activation)(x)
    x = layers.Dense(units, activation=activation)(layers.Flatten()(x))
    return keras.Model(images, layers.Dense(outputs)(x), name="encoder")


def decoder(
    latent_dim: int,
    image_shape: tuple[int, int, int],
    filters: int = 32,
    units: int = 256,
    kernel_size: int = 4,
    activation: str = "relu",
) -> keras.Model:
    """(batch, latent_dim) -> (batch, height, width, channels), any real value; the encoder in reverse order."""
    stages = _stages(image_shape)
    height, width = (side >> stages for side in image_shape[:2])
    deepest = filters * 2 ** (stages - 1)
    latents = keras.Input((latent_dim,), name="latent")
    x = layers.Dense(units, activation=activation)(latents)
    x = layers.Dense(height * width * deepest, activation=activation)(x)
    x = layers.Reshape((height, width, deepest))(x)
    for stage in reversed(range(1, stages)):
        x = layers.Conv2DTranspose(
            filters * 2 ** (stage - 1), kernel_size, strides=2, padding="same", activation=activation
        )(x)
    x = layers.Conv2DTranspose(image_shape[2], kernel_size, strides=2, padding="same")(x)
    return keras.Model(latents, x, name="decoder")


def map_encoder(
    image_shape: tuple[int, int, int],
    channels: int,
    filters: int = 64,
    downsamplings: int = 2,
    blocks: int = 2,
    activation: str = "relu",
) -> keras.Model:
    """(batch, height, width, channels) -> (batch, rows, columns, `channels`), with sides that are halved
    `downsamplings` times.

    Source: van den Oord et al. 2017, "Neural Discrete Representation Learning", section 4.1.
    """
    _check_halvings(image_shape, downsamplings)
    images = keras.Input(image_shape, name="image")
    x = images
    for _ in range(downsamplings):
        x = layers.Conv2D(filters, 4, strides=2, padding="same", activation=activation)(x)
    x = _residual_blocks(layers.Conv2D(filters, 3, padding="same")(x), blocks, activation)
    return keras.Model(images, layers.Conv2D(channels, 1)(x), name="map_encoder")


def map_decoder(
    map_shape: tuple[int, int, int],
    image_shape: tuple[int, int, int],
    filters: int = 64,
    blocks: int = 2,
    activation: str = "relu",
) -> keras.Model:
    """(batch, rows, columns, channels) -> (batch, height, width, channels), any real value; `map_encoder` in reverse
    order."""
    halvings = (image_shape[0] // map_shape[0]).bit_length() - 1
    vectors = keras.Input(map_shape, name="vectors")
    x = _residual_blocks(layers.Conv2D(filters, 3, padding="same")(vectors), blocks, activation)
    for left in reversed(range(halvings)):
        width, last = (filters, activation) if left else (image_shape[2], None)
        x = layers.Conv2DTranspose(width, 4, strides=2, padding="same", activation=last)(x)
    return keras.Model(vectors, x, name="map_decoder")


def _residual_blocks(x: keras.KerasTensor, blocks: int, activation: str) -> keras.KerasTensor:
    """Blocks of a 3x3 and a 1x1 convolution, each added to its input; then the activation."""
    width = x.shape[-1]
    for _ in range(blocks):
        y = layers.Conv2D(width, 3, padding="same", activation=activation)(layers.Activation(activation)(x))
        x = layers.Add()([x, layers.Conv2D(width, 1)(y)])
    return layers.Activation(activation)(x)


def _check_halvings(image_shape: tuple[int, int, int], downsamplings: int) -> None:
    require_at_least(1, downsamplings=downsamplings)
    if any(side % 2**downsamplings for side in image_shape[:2]):
        raise InputError(
            f"height and width must be multiples of {2**downsamplings}, to be halved {downsamplings} times. "
            f"Received: {image_shape[0]}x{image_shape[1]}; choose another --image-size, or fewer `downsamplings`."
        )


def _stages(image_shape: tuple[int, int, int]) -> int:
    """How often both sides can be halved while they stay at least 4."""
    height, width, _ = image_shape
    stages = 0
    while stages < MAX_STAGES and height % 2 == width % 2 == 0 and min(height, width) // 2 >= SMALLEST_SIDE:
        height, width, stages = height // 2, width // 2, stages + 1
    if stages == 0:
        raise InputError(
            f"the network 'conv' must have an even height and width of at least {2 * SMALLEST_SIDE}. "
            f"Received: {image_shape[0]}x{image_shape[1]}; choose another --image-size, or the network 'mlp'."
        )
    return stages
