"""What a network from pictures to pictures sees in a picture on its way, and heads that compare it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import keras
from keras import layers

from serving.common.errors import InputError, nearest

# Of the residual blocks, counted from 0: the first and the fifth.
BLOCKS = (0, 4)


def features_of(network: keras.Model, names: Sequence[str] = ()) -> list[keras.KerasTensor]:
    """Values inside of a network, each (batch, height, width, channels), in the order of the network.

    Args:
        network: from pictures to pictures.
        names: of layers whose outputs are wanted. By default those of all strided convolutions, and of the residual
            additions the first and the fifth, or the last where there are fewer: with the picture itself the five of
            Park et al. 2020, "Contrastive Learning for Unpaired Image-to-Image Translation", appendix.

    Raises:
        InputError: no such layer, or one whose output is no picture of features.
    """
    inner = network.layers
    known = [layer.name for layer in inner]
    if unknown := [name for name in names if name not in known]:
        raise InputError(
            f"`feature_layers` must be among {', '.join(known)}. Received: {unknown[0]!r}.{nearest(unknown[0], known)}"
        )
    chosen = [layer for layer in inner if layer.name in names] if names else _by_default(inner)
    for layer in chosen:
        if len(layer.output.shape) != 4:
            raise InputError(
                "`feature_layers` must give features (height, width, channels). "
                f"Received: {layer.name!r}, which gives {tuple(layer.output.shape[1:])}."
            )
    return [layer.output for layer in chosen]


def projection_head(channels: int, units: int) -> keras.Model:
    """Features (batch, places, `channels`) -> (batch, places, `units`), by two dense layers with a ReLU between them.

    Source: Park et al. 2020, section 3.2.
    """
    features = keras.Input((None, channels))
    # Without biases the vector of a grey pixel, 0, would have no direction, and that of one beside it a steep gradient.
    dense = partial(layers.Dense, units, bias_initializer=keras.initializers.RandomNormal(0.0, 0.1))
    return keras.Model(features, dense()(dense(activation="relu")(features)), name="projection_head")


def _by_default(inner: list[layers.Layer]) -> list[layers.Layer]:
    strided = [layer for layer in inner if type(layer).__name__ == "Conv2D" and max(layer.strides) > 1]
    sums = [layer for layer in inner if isinstance(layer, layers.Add)]
    blocks = {min(block, len(sums) - 1) for block in BLOCKS} if sums else set()
    chosen = [*strided, *(sums[block] for block in blocks)]
    return [layer for layer in inner if layer in chosen]
