"""Translators that begin with the weights of a network of another framework."""

from __future__ import annotations

import json

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import keras_gen
from keras_gen.cli.train_start import started_from
from keras_gen.training.layer_names import named_layers
from serving import InputError

# Of a U-Net of three halvings, as PyTorch's pix2pix has it, in the order of its graph: name, weights (out, in, ...).
SHAPES = {
    "c0": (4, 3, 4, 4),
    "c1": (8, 4, 4, 4),
    "n1": (8,),
    "c2": (16, 8, 4, 4),
    "u1": (16, 8, 4, 4),
    "m1": (8,),
    "u0": (16, 4, 4, 4),
    "m0": (4,),
    "last": (8, 3, 4, 4),
}


@pytest.fixture(scope="module")
def weights():
    rng = np.random.default_rng(0)
    made = {}
    for name, shape in SHAPES.items():
        outputs = shape[1] if name in ("u1", "u0", "last") else shape[0]
        made[name] = rng.normal(len(shape) == 1, 0.2, shape).astype(np.float32)
        made[f"{name}_bias"] = rng.normal(0, 0.2, outputs).astype(np.float32)
    return made


@pytest.fixture(scope="module")
def graph(weights):
    """The U-Net as ONNX, pictures (n, 3, 16, 16)."""
    nodes = []

    def layer(kind, name, given):
        options = {"kernel_shape": [4, 4], "strides": [2, 2], "pads": [1, 1, 1, 1]} if "Conv" in kind else {}
        nodes.append(helper.make_node(kind, [given, name, f"{name}_bias"], [f"of_{name}"], **options))
        return f"of_{name}"

    def then(kind, *given, **options):
        made = f"{kind}_{len(nodes)}"
        nodes.append(helper.make_node(kind, list(given), [made], **options))
        return made

    first = layer("Conv", "c0", "image")
    second = layer("InstanceNormalization", "n1", layer("Conv", "c1", then("LeakyRelu", first, alpha=0.2)))
    x = then("Relu", layer("Conv", "c2", then("LeakyRelu", second, alpha=0.2)))
    x = layer("InstanceNormalization", "m1", layer("ConvTranspose", "u1", x))
    x = then("Relu", then("Concat", x, second, axis=1))
    x = layer("InstanceNormalization", "m0", layer("ConvTranspose", "u0", x))
    x = then("Tanh", layer("ConvTranspose", "last", then("Relu", then("Concat", x, first, axis=1))))
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3, 16, 16]) for name in ("image", x)]
    stored = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    made = helper.make_graph(nodes, "unet", values[:1], values[1:], stored)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


@pytest.fixture(scope="module")
def place(graph, weights, tmp_path_factory):
    """The network as an ONNX file, its weights as safetensors, and one of another kind of network."""
    place = tmp_path_factory.mktemp("foreign")
    onnx.save(graph, place / "unet.onnx")
    parts = {
        f"model.{2 * index}.{part}": weights[f"{name}{end}"]
        for index, name in enumerate(SHAPES)
        for part, end in (("weight", ""), ("bias", "_bias"))
    }
    (place / "unet.safetensors").write_bytes(safetensors(parts))
    (place / "other.safetensors").write_bytes(safetensors({"dense.weight": np.zeros((4, 4), np.float32)}))
    return place


def safetensors(parts):
    header, end = {}, 0
    for name in sorted(parts):
        begin, end = end, end + parts[name].nbytes
        header[name] = {"dtype": "F32", "shape": list(parts[name].shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(parts[name].tobytes() for name in sorted(parts))


def translator(**options):
    network = {"name": "unet", "filters": 4, "depth": 3, **options}
    judge = {"name": "patchgan", "receptive_field": 1, "filters": 2}
    return keras_gen.Pix2Pix((16, 16, 3), generator=network, discriminator=judge)


@pytest.mark.parametrize("file", ["unet.onnx", "unet.safetensors"])
def test_a_translator_whose_every_layer_fits_makes_the_picture_of_the_foreign_network(place, graph, file):
    model = translator()
    assert list(started_from(model, place / file)) == [f"{place / file}: weights of 9 layers taken, 0 not"]
    images = np.random.default_rng(1).uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    expected = session.run(None, {"image": images.transpose(0, 3, 1, 2)})[0].transpose(0, 2, 3, 1)
    np.testing.assert_allclose(model(images), expected, atol=1e-5)
    np.testing.assert_allclose(model.generator(images, training=False), expected, atol=1e-5)


def test_what_does_not_fit_is_named_and_keeps_what_it_had(place):
    model = translator(normalization="none")
    lines = list(started_from(model, place / "unet.onnx"))
    assert lines == [
        f"{place / 'unet.onnx'}: weights of 6 layers taken, 0 not",
        "  of its layers 3 fit none here: n1 (instance 8), m1 (instance 8), m0 (instance 4)",
    ]
    wider = translator(filters=16)
    before = named_layers(wider)["generator/conv2d"].get_weights()
    with pytest.raises(InputError, match=r"generator's kinds and shapes. Received: .*c0 \(convolution 4x4x3x4\)"):
        list(started_from(wider, place / "unet.onnx"))
    np.testing.assert_array_equal(named_layers(wider)["generator/conv2d"].get_weights()[0], before[0])


def test_one_way_of_two_is_begun_with(place):
    network = {"name": "unet", "filters": 4, "depth": 3}
    judge = {"name": "patchgan", "receptive_field": 1, "filters": 2}
    model = keras_gen.CycleGAN((16, 16, 3), generator=network, discriminator=judge)
    back = [weight.numpy() for weight in model.b_to_a.weights]
    list(started_from(model, place / "unet.onnx"))
    for weight, before in zip(model.b_to_a.weights, back, strict=True):
        np.testing.assert_array_equal(weight, before)
    pix2pix = translator()
    list(started_from(pix2pix, place / "unet.onnx"))
    for weight, other in zip(model.a_to_b.weights, pix2pix.generator.weights, strict=True):
        np.testing.assert_array_equal(weight, other)


def test_what_cannot_be_begun_with_is_one_line(place):
    model = translator()
    damaged = place / "damaged.safetensors"
    damaged.write_bytes((place / "unet.safetensors").read_bytes()[:-8])
    cases = {
        "other.safetensors": "Received: .*other.safetensors, with no convolution",
        "nowhere.safetensors": "must be a safetensors file. Received: no such file",
        "damaged.safetensors": "must be a whole safetensors file. Received: numbers",
        "nowhere.onnx": "nowhere.onnx",
        "weights.pth": "must hold numbers alone, .* which may run code",
    }
    for name, message in cases.items():
        with pytest.raises(InputError, match=message):
            list(started_from(model, place / name))
    vae = keras_gen.VAE((8, 8, 1), encoder="mlp", decoder="mlp", latent_dim=2)
    with pytest.raises(InputError, match="for VAE, which does not translate"):
        list(started_from(vae, place / "unet.onnx"))
