"""How near an exported network must be to Keras."""

from __future__ import annotations

import keras
import numpy as np
import onnx
import pytest

from export import ParityError
from export.border import Bordered
from export.parity import check_network
from export.reference import rounding_of
from export.to_onnx import convert
from keras_gen.layers import InstanceNormalization
from keras_gen.networks.tiling import with_statistics
from serving import InputError
from serving.bundle.manifest import Tensor

IMAGE = {"image": Tensor(("n", "height", "width", 3), "float32", (-1.0, 1.0))}


def network_of(output, layer, scale=1.0):
    """A network of one output, `scale` times as large as its layer's."""
    image = keras.Input((None, None, 3), name="image")
    network = keras.Model({"image": image}, {output: layer(image) * scale})
    for weight in network.weights:
        weight.assign(np.random.default_rng(0).normal(size=weight.shape))
    return network


def off_by(network, by, output=0):
    """The network's graph with `by` added to one output, which is all of its damage."""
    model = convert(Bordered(network, "float"))
    name = model.graph.output[output].name
    for node in model.graph.node:
        for values in (node.output, node.input):
            values[:] = ["before" if value == name else value for value in values]
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.float32(by), "by"))
    model.graph.node.append(onnx.helper.make_node("Add", ["before", "by"], [name]))
    return model


def check(network, by):
    return check_network("network", off_by(network, by), network, IMAGE, (4, 4))


def test_a_picture_may_differ_by_a_ten_thousandth_whatever_its_values():
    check(network_of("translation", keras.layers.Conv2D(3, 1), scale=0.1), 9e-5)
    with pytest.raises(ParityError, match=r"translation 0.0015\d* \(at most 0.0001\)"):
        check(network_of("translation", keras.layers.Conv2D(3, 1), scale=50.0), 0.0015)


def test_what_is_no_picture_may_differ_by_a_ten_thousandth_of_its_largest():
    network = network_of("code", keras.layers.Conv2D(3, 1), scale=50.0)
    largest = np.abs(network({"image": np.ones((1, 1, 1, 3), np.float32)})["code"]).max()
    check(network, largest * 2e-5)
    with pytest.raises(ParityError, match="code"):
        check(network, largest * 1e-3)


def test_what_rounding_does_in_keras_itself_is_measured_on_weights_that_come_back():
    """Of a difference of equal numbers nothing but rounding is left, and the logarithm of its variance shows it."""
    image = keras.Input((None, None, 3))
    difference = keras.layers.Conv2D(1, 1, use_bias=False)
    network = keras.Model(image, InstanceNormalization(epsilon=1e-12)(difference(image)))
    difference.kernel.assign(np.array([1000.0, -1000.0, 0.0], np.float32).reshape(1, 1, 3, 1))
    tile = with_statistics(network)
    grey = np.random.default_rng(0).uniform(-1, 1, (1, 4, 4, 1)).astype(np.float32)
    feed = {
        "image": np.repeat(grey, 3, axis=-1),
        "statistics": np.zeros((1, 2), np.float32),
        "use_own_statistics": np.ones((1, 1), np.float32),
    }
    weights = tile.get_weights()
    expected = {name: value.numpy() for name, value in tile(feed).items()}
    assert rounding_of(tile, feed, expected)["measured_statistics"] > 1
    for before, after in zip(weights, tile.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_rounding_of_a_product_is_that_of_its_factors():
    latent = keras.Input((1,), name="latent")
    network = keras.Model({"latent": latent}, {"code": keras.layers.Dense(1, use_bias=False)(latent)})
    network.set_weights([np.full((1, 1), 3.0, np.float32)])
    feed = {"latent": np.ones((1, 1), np.float32)}
    moved = rounding_of(network, feed, {"code": np.full((1, 1), 3.0, np.float32)})["code"]
    assert 0 < moved <= 3 * 2 * 2**-23


def test_damage_of_the_statistics_is_caught():
    image = keras.Input((None, None, 3))
    network = keras.Model(image, InstanceNormalization()(keras.layers.Conv2D(4, 3, padding="same")(image)))
    tile = with_statistics(network)
    inputs = {**IMAGE, "statistics": Tensor(("n", 8), "float32"), "use_own_statistics": Tensor(("n", 1), "float32")}
    outputs = [output.name for output in off_by(tile, 0.0).graph.output]
    place = outputs.index("measured_statistics")
    assert max(check_network("tile", off_by(tile, 0.0, place), tile, inputs, (4, 4)).values()) <= 1e-4
    with pytest.raises(ParityError, match="measured_statistics 0.01"):
        check_network("tile", off_by(tile, 0.01, place), tile, inputs, (4, 4))


def test_translations_of_another_size_are_refused():
    network = network_of("translation", keras.layers.Conv2D(3, 3))
    model = convert(Bordered(network, "float"))
    with pytest.raises(InputError, match="'network' must make translations of the size of their images, 4x4 here.*2x2"):
        check_network("network", model, network, IMAGE, (4, 4))


def test_sides_are_odd_and_even_multiples():
    """Right for multiples of 4 and wrong for those of 2, which a check at the training size alone would not see."""

    class Halved(keras.layers.Layer):
        def call(self, images):
            small = keras.layers.AveragePooling2D(4)(images)
            return keras.ops.repeat(keras.ops.repeat(small, 4, axis=1), 4, axis=2)

        def compute_output_shape(self, shape):
            return shape

    network = network_of("translation", Halved())
    model = convert(Bordered(network, "float"))
    check_network("network", model, network, IMAGE, (8, 8), multiple=4)
    with pytest.raises(InputError, match="must make translations of the size of their images, 10x12 here.*8x12"):
        check_network("network", model, network, IMAGE, (8, 8), multiple=2)
