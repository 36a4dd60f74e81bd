"""Layers whose TensorFlow code ONNX does not have, or has otherwise, compute what Keras computes."""

from __future__ import annotations

import re
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops

from export.border import Bordered
from export.culprits import explained
from export.describe import describe
from export.parity import check_network
from export.to_onnx import convert
from serving import InputError

FIXED, FREE = (7, 9, 4), (None, None, 4)
RESIZING = [
    layers.Resizing(9, 7),
    layers.Resizing(9, 7, interpolation="nearest"),
    layers.Resizing(14, 18, interpolation="nearest"),
    layers.Resizing(20, 13, interpolation="bicubic"),
    layers.Resizing(5, 4, interpolation="bicubic"),
    layers.Resizing(6, 12, pad_to_aspect_ratio=True, fill_value=0.5),
    layers.Resizing(12, 6, pad_to_aspect_ratio=True, interpolation="nearest"),
    layers.Resizing(6, 9, crop_to_aspect_ratio=True),
    layers.UpSampling2D((2, 3), interpolation="bilinear"),
    layers.UpSampling2D((2, 3), interpolation="bicubic"),
]
WEIGHTED = [
    layers.Resizing(5, 4, interpolation="area"),
    layers.Resizing(5, 12, interpolation="lanczos3"),
    layers.Resizing(5, 4, antialias=True),
    layers.Resizing(5, 4, antialias=True, interpolation="bicubic"),
    layers.UpSampling2D(2, interpolation="lanczos5"),
]
TRANSPOSED = [
    layers.Conv2DTranspose(3, 2, 3, "valid"),
    layers.Conv2DTranspose(3, (2, 3), (3, 1), "valid", use_bias=False),
    layers.Conv2DTranspose(3, 1, 2, "same"),
    layers.Conv2DTranspose(3, 4, 2, "valid", output_padding=1),
    layers.Conv2DTranspose(3, 3, 2, "valid", output_padding=(1, 0)),
    layers.Conv2DTranspose(3, 3, 2, "same", output_padding=0),
    layers.Conv2DTranspose(3, 3, 2, "same", output_padding=1, activation="relu"),
    layers.Conv2DTranspose(3, 3, padding="same", dilation_rate=2),
]
OTHERS = [
    layers.Activation("gelu"),
    layers.Activation("celu"),
    layers.Conv2D(4, 3, groups=2),
    layers.Conv2D(8, 3, 2, "same", groups=4, activation="gelu"),
    layers.Normalization(mean=[0.1, 0.2, 0.3, 0.4], variance=[1.0, 2.0, 3.0, 4.0]),
    layers.Normalization(axis=None, mean=0.5, variance=2.0, invert=True),
    layers.Rescaling([0.5, 1.0, 2.0, 3.0], offset=-1.0),
]
AUGMENTING = [
    layers.RandomGrayscale(),
    layers.RandomHue(0.2),
    layers.RandomSaturation(0.2),
    layers.RandomSharpness(0.2),
    layers.RandomPosterization(4),
    layers.MixUp(),
    layers.RandomFlip(),
    layers.RandomRotation(0.2),
]


def network_of(shape, build):
    """A network of random weights."""
    image = keras.Input(shape, name="image")
    network = keras.Model({"image": image}, {"value": build(image)})
    generator = np.random.default_rng(0)
    for weight in network.trainable_weights:
        weight.assign(generator.normal(size=weight.shape))
    return network


def exported(network):
    """The graph, compared with Keras."""
    with explained("network", network, (7, 9)):
        bordered = Bordered(network, "float")
        model = convert(bordered, "network")
        check_network("network", model, network, describe(bordered, 0)[0], (7, 9))
    return model


def same(layer):
    """The same layer again; what a test builds must not stay for the next one."""
    return type(layer).from_config(layer.get_config())


def spelled(layer):
    """What parametrized tests are called: the class and its numbers and modes."""
    options = layer.get_config().items()
    shown = [str(value) for key, value in options if key not in ("name", "trainable") and value is not None]
    return "-".join([type(layer).__name__, *(value for value in shown if "{" not in value)])


@pytest.mark.parametrize("shape", [FIXED, FREE], ids=["fixed", "free"])
@pytest.mark.parametrize("layer", [*RESIZING, *TRANSPOSED, *OTHERS], ids=spelled)
def test_it_computes_what_keras_does(layer, shape):
    exported(network_of(shape, same(layer)))


@pytest.mark.parametrize("layer", WEIGHTED, ids=spelled)
def test_weighted_means_need_fixed_sides(layer):
    exported(network_of(FIXED, same(layer)))
    with pytest.raises(InputError, match="(ScaleAndTranslate|ResizeArea) in .*(resizing|up_sampling2d).*fixed sides"):
        exported(network_of(FREE, same(layer)))


@pytest.mark.parametrize("layer", AUGMENTING, ids=spelled)
def test_augmentation_is_nothing_in_inference(layer):
    model = exported(network_of(FREE, same(layer)))
    assert [node.op_type for node in model.graph.node] == ["Identity"]


@pytest.mark.parametrize("function", [ops.expm1, ops.log1p], ids=["expm1", "log1p"])
def test_functions_near_one(function):
    exported(network_of(FREE, lambda x: function(ops.abs(x) / 10)))


@pytest.mark.parametrize("layer", [layers.LSTM(3), layers.GRU(3)], ids=["LSTM", "GRU"])
def test_recurrent_layers_are_refused_by_name(layer):
    with pytest.raises(InputError, match=r"no bundle holds loops.* It is of the layer '(lstm|gru)' \((LSTM|GRU)\)\.$"):
        exported(network_of(FIXED, lambda x: same(layer)(layers.Reshape((7, 36))(x))))


@pytest.mark.parametrize("function", [ops.argmax, ops.argmin], ids=["argmax", "argmin"])
@pytest.mark.parametrize("axis", [1, -1])
def test_the_place_of_the_largest_or_smallest(function, axis):
    """Zeros of either sign, among which Keras finds -0 the smaller."""
    network = network_of(FREE, lambda x: function(ops.sign(ops.round(x)) * 0.0, axis=axis))
    exported(network)


@pytest.mark.parametrize("normalize", [layers.LayerNormalization, layers.RMSNormalization])
@pytest.mark.parametrize("shape", [FIXED, FREE], ids=["fixed", "free"])
def test_normalization_where_a_side_is_one(normalize, shape):
    exported(network_of(shape, lambda x: normalize()(layers.MaxPooling2D((7, 1))(x))))
    exported(network_of(shape, lambda x: x * normalize()(layers.GlobalAveragePooling2D(keepdims=True)(x))))


def test_sizes_of_another_picture():
    """A decoder that enlarges to the sides of what it is added to."""

    def build(x):
        small = layers.Conv2D(4, 3, 2, "same")(x)
        return layers.Resizing(7, 9, interpolation="nearest")(small) + layers.Resizing(7, 9)(small)

    exported(network_of(FIXED, build))


class Reversing(layers.Layer):
    """Fails where sides are free, with a message of its own."""

    def call(self, images):
        return images[:, : images.shape[1] // 2]

    def compute_output_shape(self, shape):
        return shape


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (layers.AdaptiveAveragePooling2D(2), "'adaptive_average_pooling2d.*must be statically known"),
        (lambda x: Reversing(name="mine")(layers.ReLU()(x)), r"the layer 'mine' \(Reversing\): unsupported operand"),
    ],
    ids=["Keras", "a user"],
)
def test_what_cannot_be_in_a_graph_is_refused_by_its_layer(build, message):
    with pytest.raises(InputError, match=f"^the network 'network' must be one that ONNX can hold.*{message}"):
        exported(network_of(FREE, build))


CASES = Path(__file__).parents[2] / "benchmarks" / "keras_layers.txt"
PAGE = Path(__file__).parents[2] / "docs" / "layers.md"
# What is no layer of a network by itself, what belongs to other backends, and what is refused otherwise.
NO_CASE = {
    "Layer",
    "InputLayer",
    "InputSpec",
    "Wrapper",
    "Lambda",
    "TFSMLayer",
    "FlaxLayer",
    "JaxLayer",
    "TorchModuleWrapper",
}


def test_the_table_has_every_layer_of_keras():
    """A new version of Keras with a new layer is noticed here."""
    text = CASES.read_text()
    public = {
        name
        for name, value in vars(layers).items()
        if isinstance(value, type) and not re.search(rf"\b{name}\(|\b{value.__name__}\(", text)
    }
    assert public <= NO_CASE


def test_the_page_has_every_line_of_the_script():
    text = " ".join(PAGE.read_text().split())
    lines = [line for line in CASES.read_text().splitlines() if line and line[0] not in "#["]
    assert len(lines) > 200
    assert [line for line in lines if f"`{line}`" not in text] == []
    assert "Error" not in text
    assert "StatefulPartitionedCall" not in text
