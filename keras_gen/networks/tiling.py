"""A network from picture to picture for one tile after the other of a picture that is too large for it.

Normalization by statistics over the pixels would make every tile as bright and as rich in contrast as every other one.
"""

from __future__ import annotations

import keras

from keras_gen.layers import GivenStatistics
from keras_gen.layers.given_statistics import normalizations
from keras_gen.networks.sizes import side_multiple
from serving.bundle.names import IMAGE, MEASURED_STATISTICS, STATISTICS, TRANSLATION, USE_OWN_STATISTICS


def with_statistics(network: keras.Model) -> keras.Model | None:
    """The same network, which can normalize a tile by the statistics of the whole picture.

    Args:
        network: (batch, height, width, channels) -> the same of any channels.

    Returns:
        A network with the weights of the given one, or None where nothing in it is an instance or group normalization:

        - `image`; `statistics`, (batch, size), those of all normalizations one behind the other; `use_own_statistics`,
          (batch, 1): 1 normalizes by the tile's own, 0 by the given ones, and what lies between mixes both ->
        - `translation`; `measured_statistics`, (batch, size), the tile's own.
    """
    if not any(normalizations(network)):
        return None
    layer = GivenStatistics(network, side=2 * side_multiple(network))
    inputs = {
        IMAGE: keras.Input(network.input_shape[1:], name=IMAGE),
        STATISTICS: keras.Input((layer.size,), name=STATISTICS),
        USE_OWN_STATISTICS: keras.Input((1,), name=USE_OWN_STATISTICS),
    }
    translation, measured = layer(*inputs.values())
    return keras.Model(inputs, {TRANSLATION: translation, MEASURED_STATISTICS: measured})
