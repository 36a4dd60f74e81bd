"""A network from picture to picture for one tile after the other of a picture that is too large for it.

Instance normalization would make every tile as bright and as rich in contrast as every other one.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_gen.layers import GivenStatistics, InstanceNormalization
from serving.bundle.names import IMAGE, MEASURED_STATISTICS, STATISTICS, TRANSLATION, USE_OWN_STATISTICS


def with_statistics(network: keras.Model) -> keras.Model | None:
    """The same network, which can normalize a tile by the statistics of the whole picture.

    Args:
        network: functional, (batch, height, width, channels) -> the same of any channels.

    Returns:
        A network with the weights of the given one, or None where that has no instance normalization among its layers:

        - `image`; `statistics`, (batch, size), those of all normalizations one behind the other; `use_own_statistics`,
          (batch, 1): 1 normalizes by the tile's own, 0 by the given ones, and what lies between mixes both ->
        - `translation`; `measured_statistics`, (batch, size), the tile's own.
    """
    network = _unwrapped(network)
    normalizations = [layer for layer in network.layers if isinstance(layer, InstanceNormalization)]
    if not normalizations:
        return None
    ends = np.cumsum([2 * layer.gain.shape[0] for layer in normalizations]).tolist()
    size = ends.pop()
    image = keras.Input(network.input_shape[1:], name=IMAGE)
    given, own = keras.Input((size,), name=STATISTICS), keras.Input((1,), name=USE_OWN_STATISTICS)
    of_each = keras.ops.split(given, ends, axis=1) if ends else [given]
    measured: list[keras.KerasTensor] = []

    def called(layer: keras.layers.Layer, *arguments: Any, **options: Any) -> Any:
        if not isinstance(layer, InstanceNormalization):
            return layer(*arguments, **options)
        normalized, statistics = GivenStatistics(layer)(*arguments, of_each[len(measured)], own)
        measured.append(statistics)
        return normalized

    # Inputs that nothing is made of yet: the copy must know them to make something of them.
    unused = [keras.Input((size,)), keras.Input((1,))]
    copy = keras.models.clone_model(
        keras.Model([*network.inputs, *unused], network.outputs),
        input_tensors=[image, given, own],
        clone_function=lambda layer: layer,
        call_function=called,
    )
    return keras.Model(
        {IMAGE: image, STATISTICS: given, USE_OWN_STATISTICS: own},
        {
            TRANSLATION: copy.outputs[0],
            MEASURED_STATISTICS: keras.layers.Concatenate(name=MEASURED_STATISTICS)(measured),
        },
    )


def _unwrapped(network: keras.Model) -> keras.Model:
    """The network itself where another one only calls it."""
    inner = [layer for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]
    return _unwrapped(inner[0]) if len(inner) == 1 and isinstance(inner[0], keras.Model) else network
