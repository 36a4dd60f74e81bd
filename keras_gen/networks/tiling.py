"""A network from picture to picture for one tile after the other of a picture that is too large for it.

Normalization by statistics over the pixels would make every tile as bright and as rich in contrast as every other one.
"""

from __future__ import annotations

from typing import Any

import keras

from keras_gen.layers import GivenStatistics
from keras_gen.layers.given_statistics import normalizations
from keras_gen.networks.sizes import side_multiple
from serving.bundle.names import (
    IMAGE,
    LABEL,
    LATENT,
    MASK,
    MEASURED_STATISTICS,
    STATISTICS,
    TRANSLATION,
    USE_OWN_STATISTICS,
)


def beside_latent(images: Any, latents: Any) -> Any:
    """Pictures (batch, height, width, channels), with a latent (batch, size) behind the channels of every pixel.

    Source: Zhu et al. 2017, "Toward Multimodal Image-to-Image Translation", section 4, `add_to_input`.
    """
    planes = keras.ops.zeros_like(images[..., :1]) + keras.ops.cast(latents, images.dtype)[:, None, None, :]
    return keras.ops.concatenate([images, planes], axis=-1)


def beside_class(images: Any, labels: Any, classes: int) -> Any:
    """Pictures (batch, height, width, channels), with the one-hot code of a label (batch,) behind the channels of every
    pixel.

    Source: Choi et al. 2018, "StarGAN", section 3.1.
    """
    return beside_latent(images, keras.ops.one_hot(labels, classes, dtype=images.dtype))


def translated_inputs(
    network: keras.Model, noise_dim: int, classes: int = 0
) -> tuple[dict[str, keras.KerasTensor], keras.KerasTensor]:
    """The inputs that a bundle's network has by name, `image`, with noise `latent` and with classes `label`, and what
    the network is given of them."""
    *sides, channels = network.input_shape[1:]
    image = keras.Input((*sides, channels - noise_dim - classes), name=IMAGE)
    if classes:
        label = keras.Input((), dtype="int64", name=LABEL)
        return {IMAGE: image, LABEL: label}, beside_class(image, label, classes)
    if not noise_dim:
        return {IMAGE: image}, image
    latent = keras.Input((noise_dim,), name=LATENT)
    return {IMAGE: image, LATENT: latent}, beside_latent(image, latent)


def named_translation(made: keras.KerasTensor, masked: bool) -> dict[str, keras.KerasTensor]:
    """What a network makes as a bundle's network gives it by name: `translation`, and where the last channel is a
    mask, that one as `mask`."""
    return {TRANSLATION: made[..., :-1], MASK: made[..., -1:]} if masked else {TRANSLATION: made}


def with_statistics(
    network: keras.Model, noise_dim: int = 0, classes: int = 0, masked: bool = False
) -> keras.Model | None:
    """The same network, which can normalize a tile by the statistics of the whole picture.

    Args:
        network: (batch, height, width, channels) -> the same of any channels.
        noise_dim: how many of its last input channels are a latent, which is an input of its own, `latent`.
        classes: how many of them are the code of a class instead, whose input is `label`.
        masked: whether its last output channel is a mask, which is an output of its own, `mask`.

    Returns:
        A network with the weights of the given one, or None where nothing in it is an instance or group normalization:

        - `image`; `statistics`, (batch, size), those of all normalizations one behind the other; `use_own_statistics`,
          (batch, 1): 1 normalizes by the tile's own, 0 by the given ones, and what lies between mixes both ->
        - `translation`; `measured_statistics`, (batch, size), the tile's own.
    """
    if not any(normalizations(network)):
        return None
    layer = GivenStatistics(network, side=2 * side_multiple(network))
    translated, given = translated_inputs(network, noise_dim, classes)
    statistics = {
        STATISTICS: keras.Input((layer.size,), name=STATISTICS),
        USE_OWN_STATISTICS: keras.Input((1,), name=USE_OWN_STATISTICS),
    }
    translation, measured = layer(given, *statistics.values())
    return keras.Model(
        {**translated, **statistics}, {**named_translation(translation, masked), MEASURED_STATISTICS: measured}
    )
