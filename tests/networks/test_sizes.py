"""The number that the sides of a network's images must be multiples of."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from keras_gen.networks import resnet, unet
from keras_gen.networks.sizes import side_multiple
from serving import InputError


class Halved(layers.Layer):
    """Halves the sides without a stride that anyone could read."""

    def call(self, images):
        return tf.nn.space_to_depth(images, 2)


class Wrapping(layers.Layer):
    def __init__(self, layer):
        super().__init__()
        self.inside = [layer]

    def call(self, images):
        return self.inside[0](images)


def network(*parts):
    images = x = keras.Input((None, None, 3))
    for part in parts:
        x = part(x)
    return keras.Model(images, x)


def halving():
    return layers.Conv2D(4, 3, 2, "same")


@pytest.mark.parametrize(
    ("parts", "multiple"),
    [
        ((layers.Conv2D(3, 3, padding="same"),), 1),
        ((halving(), layers.UpSampling2D(2)), 2),
        ((layers.SpectralNormalization(halving()), layers.UpSampling2D(2)), 2),
        ((Wrapping(halving()), layers.UpSampling2D(2)), 2),
        ((network(halving()), halving(), layers.UpSampling2D(4)), 4),
        ((layers.MaxPooling2D(3), layers.AveragePooling2D(2), layers.UpSampling2D(6)), 6),
        ((layers.SpectralNormalization(halving()), layers.Conv2DTranspose(3, 4, 2, "same")), 2),
        ((Halved(), Halved(), layers.UpSampling2D(4)), 4),
        ((Halved(), halving(), layers.UpSampling2D(4)), 4),
    ],
)
def test_it_is_what_layers_at_any_depth_divide_by(parts, multiple):
    of_network = network(*parts)
    assert side_multiple(of_network) == multiple
    images = np.zeros((1, 3 * multiple, 5 * multiple, 3), np.float32)
    assert of_network(images).shape[1:3] == images.shape[1:3]


@pytest.mark.parametrize(("family", "multiple"), [(resnet.translator, 4), (unet.translator, 16)])
def test_the_families_have_that_of_their_depth(family, multiple):
    assert side_multiple(family((48, 16, 3), 3, filters=2)) == multiple


@pytest.mark.parametrize("parts", [(layers.Conv2D(3, 3),), (halving(),), (layers.UpSampling2D(2),)])
def test_a_network_whose_sizes_never_fit_is_refused(parts):
    with pytest.raises(InputError, match="must give images of the size of its input.*at most. Received: one that does"):
        side_multiple(network(*parts))
