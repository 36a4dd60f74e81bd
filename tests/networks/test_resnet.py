from __future__ import annotations

from collections import Counter
from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf

from export.border import Bordered
from export.parity import check_network
from export.to_onnx import convert
from keras_gen.losses import r1_penalty
from keras_gen.networks import build_network, dcgan, resnet
from serving import InputError
from serving.bundle.manifest import Tensor

PICTURES = np.random.default_rng(0).uniform(-1, 1, (4, 12, 12, 1)).astype(np.float32)


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 32, 3), (12, 24, 1)])
def test_every_role_has_its_shape(shape):
    assert resnet.generator(5, shape, filters=2).output_shape == (None, *shape)
    assert resnet.decoder(5, shape, filters=2).output_shape == (None, *shape)
    assert resnet.discriminator(shape, filters=2).output_shape == (None, 1)
    assert resnet.encoder(shape, 6, filters=2).output_shape == (None, 6)


@pytest.mark.parametrize("family", ["resnet", "dcgan", "biggan", "r3"])
@pytest.mark.parametrize("shape", [(18, 18, 1), (4, 8, 1), (16, 18, 1)])
def test_a_size_that_cannot_be_halved_is_named(family, shape):
    role, given = "discriminator", {}
    if family == "biggan":
        role, given = "conditional_discriminator", {"classes": 2}
    with pytest.raises(InputError, match=rf"{family!r} must have .* Received: {shape[0]}x{shape[1]};"):
        build_network(role, family, shape, (1,), image_shape=shape, **given)


def test_the_critic_has_the_weights_of_wgan_gps_for_64x64():
    """Gulrajani et al. 2017, `GoodDiscriminator`: 64 -> 128 -> 256 -> 512 channels; here the first convolution is
    within the first block, every convolution has a bias, and a last block of 512 keeps the size."""
    critic = resnet.discriminator((64, 64, 3), filters=64)
    channels = [3, 64, 128, 256, 512]
    expected = 2 * (9 * 512 * 512 + 512) + 512 + 1
    for before, after in pairwise(channels):
        expected += 9 * before * after + 9 * after * after + before * after + 3 * after
    assert count(critic) == expected


def test_a_generator_stays_in_range_and_a_decoder_does_not():
    latents = 100 * np.random.default_rng(0).standard_normal((4, 5)).astype(np.float32)
    for normalization in ("batch", "none"):
        generator = resnet.generator(5, (8, 8, 1), filters=4, normalization=normalization)
        assert np.abs(generator(latents, training=True)).max() <= 1
        kinds = Counter(type(layer).__name__ for layer in generator.layers)
        assert kinds["BatchNormalization"] == (3 if normalization == "batch" else 0)
    decoder = resnet.decoder(5, (8, 8, 1), filters=4, normalization="none")
    assert np.abs(decoder(latents)).max() > 1


def test_an_unknown_normalization_is_named():
    with pytest.raises(InputError, match="`normalization` must be one of batch, instance, none. Received: 'layer'"):
        resnet.generator(5, (8, 8, 1), normalization="layer")


@pytest.mark.parametrize("spectral", [False, True])
def test_a_discriminator_judges_each_picture_alone(spectral):
    network = resnet.discriminator((12, 12, 1), filters=4, spectral_normalization=spectral)
    np.testing.assert_allclose(network(PICTURES)[:2], network(PICTURES[:2]), atol=1e-5)


@pytest.mark.parametrize("family", [resnet, dcgan])
def test_spectral_normalization_bounds_a_discriminator(family):
    """Scaling every kernel changes nothing, since each is divided by its largest singular value."""
    network = family.discriminator((12, 12, 1), filters=4, spectral_normalization=True)
    before = network(PICTURES).numpy()
    for weight in network.trainable_weights:
        if weight.name == "kernel":
            weight.assign(3.0 * weight.value)
    np.testing.assert_allclose(network(PICTURES), before, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("spectral", [False, True])
@pytest.mark.parametrize("family", [resnet, dcgan])
def test_the_penalty_on_a_gradient_has_a_gradient(family, spectral):
    options = {"batch_normalization": False} if family is dcgan else {}
    network = family.discriminator((12, 12, 1), filters=4, spectral_normalization=spectral, **options)
    kernels = [weight.value for weight in network.trainable_weights if weight.name == "kernel"]
    with tf.GradientTape() as tape:
        penalty = r1_penalty(lambda x: network(x, training=True), tf.constant(PICTURES))
    for gradient in tape.gradient(penalty, kernels):
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0


@pytest.mark.parametrize("role", ["generator", "discriminator"])
def test_a_copy_and_a_file_are_the_same_network(role, tmp_path):
    network = (
        resnet.generator(5, (12, 12, 1), filters=4)
        if role == "generator"
        else resnet.discriminator((12, 12, 1), filters=4, spectral_normalization=True)
    )
    x = np.ones((2, 5), np.float32) if role == "generator" else PICTURES
    network(x, training=True)
    network.save(tmp_path / "m.keras")
    clone = keras.models.clone_model(network)
    clone.set_weights(network.get_weights())
    for copy in (keras.saving.load_model(tmp_path / "m.keras"), clone):
        np.testing.assert_array_equal(copy(x), network(x))


def test_an_exported_generator_has_few_nodes():
    latent = keras.Input((5,), name="latent")
    network = keras.Model({"latent": latent}, {"image": resnet.generator(5, (28, 28, 1), filters=4)(latent)})
    model = convert(Bordered(network, "float"))
    check_network("decoder", model, network, {"latent": Tensor(("n", 5), "float32")})
    operators = Counter(node.op_type for node in model.graph.node)
    assert operators["Resize"] == 4
    assert not operators.keys() & {"Tile", "Slice", "Gather", "Shape"}
