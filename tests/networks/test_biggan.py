from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from export.border import Bordered
from export.parity import check_network
from export.to_onnx import convert
from keras_gen.layers import OffDiagonalOrthogonal, SelfAttention
from keras_gen.losses import r1_penalty
from keras_gen.networks import biggan, build_network
from keras_gen.networks.biggan import conditional_discriminator, conditional_generator
from serving import InputError
from serving.bundle.manifest import Tensor

RNG = np.random.default_rng(0)
LATENTS = RNG.standard_normal((4, 7)).astype(np.float32)
PICTURES = RNG.uniform(-1, 1, (4, 12, 12, 1)).astype(np.float32)
LABELS = np.array([0, 2, 1, 2])


def generator(**options):
    return conditional_generator(7, 3, (12, 12, 1), **{"filters": 8, "shared_dim": 5, **options})


def discriminator(**options):
    return conditional_discriminator((12, 12, 1), 3, **{"filters": 8, **options})


def sides_of_attention(network):
    return [layer.output.shape[1] for layer in network.layers if isinstance(layer, SelfAttention)]


@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 32, 3), (12, 24, 1)])
def test_both_roles_have_their_shape(shape):
    network = build_network(
        "conditional_generator", "biggan", [(7,), ()], shape, latent_dim=7, classes=3, image_shape=shape
    )
    assert network([LATENTS, LABELS]).shape == (4, *shape)
    judge = build_network("conditional_discriminator", "biggan", [shape, ()], (1,), classes=3, image_shape=shape)
    assert judge([np.zeros((4, *shape)), LABELS]).shape == (4, 1)


def test_a_network_of_other_inputs_is_named():
    with pytest.raises(InputError, match=r"must map \[\(9,\), \(\)\] to .* from \[\(7,\), \(\)\] to \(12, 12, 1\)"):
        build_network("conditional_generator", generator(), [(9,), ()], (12, 12, 1))


@pytest.mark.parametrize("spectral", [True, False])
def test_pictures_are_in_range_and_depend_on_the_class(spectral):
    network = generator(spectral_normalization=spectral)
    first, second = (network([LATENTS, np.full(4, label)]).numpy() for label in (0, 1))
    assert np.abs(first).max() <= 1
    assert np.abs(first - second).max() > 1e-4


def test_every_piece_of_the_latent_reaches_the_picture():
    network = generator()
    latents = tf.constant(LATENTS)
    with tf.GradientTape() as tape:
        tape.watch(latents)
        brightness = tf.reduce_sum(network([latents, tf.constant(LABELS)]) ** 2)
    assert np.all(np.abs(tape.gradient(brightness, latents)).max(axis=0) > 0)


def test_logits_depend_on_the_class_and_on_each_picture_alone():
    network = discriminator()
    logits = network([PICTURES, LABELS]).numpy()
    assert np.abs(logits - network([PICTURES, (LABELS + 1) % 3])).min() > 1e-5
    np.testing.assert_allclose(network([PICTURES[:2], LABELS[:2]]), logits[:2], atol=1e-5)


def test_attention_sits_where_it_is_wanted():
    for build in (generator, discriminator):
        assert sides_of_attention(build()) == [6]
        assert sides_of_attention(build(attention=0)) == []
    wide = {"filters": 8, "attention": 7}
    assert sides_of_attention(conditional_generator(7, 3, (28, 28, 1), **wide)) == [7]
    assert sides_of_attention(conditional_discriminator((28, 28, 1), 3, **wide)) == [7]
    with pytest.raises(InputError, match="`attention` must be 0 or one of 14, 7. Received: 28"):
        conditional_generator(7, 3, (28, 28, 1), attention=28)


def test_the_orthogonal_penalty_is_on_the_generators_matrices():
    network = generator(orthogonal=0.5, shared_dim=2)
    penalty = OffDiagonalOrthogonal(0.5)
    kernels = [weight for weight in network.trainable_weights if weight.name == "kernel"]
    assert float(sum(network.losses)) == pytest.approx(sum(float(penalty(w.value)) for w in kernels), rel=1e-4)
    assert len(network.losses) == len(kernels)
    assert generator(orthogonal=0.0).losses == []


def test_a_latent_without_a_number_for_each_block_is_named():
    with pytest.raises(InputError, match="`latent_dim` must be at least 3, a number for each block. Received: 2"):
        conditional_generator(2, 3, (28, 28, 1))


def test_the_penalty_on_a_gradient_has_a_gradient():
    network = discriminator()
    for layer in network.layers:
        if isinstance(layer, SelfAttention):
            layer.gamma.assign(0.5)
    kernels = [weight.value for weight in network.trainable_weights if weight.name == "kernel"]
    with tf.GradientTape() as tape:
        penalty = r1_penalty(lambda x: network([x, tf.constant(LABELS)], training=True), tf.constant(PICTURES))
    for gradient in tape.gradient(penalty, kernels):
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0


@pytest.mark.parametrize(("build", "x"), [(generator, LATENTS), (discriminator, PICTURES)])
def test_a_copy_and_a_file_are_the_same_network(build, x, tmp_path):
    network = build()
    network([x, LABELS], training=True)
    network.save(tmp_path / "m.keras")
    clone = keras.models.clone_model(network)
    clone.set_weights(network.get_weights())
    for copy in (keras.saving.load_model(tmp_path / "m.keras"), clone):
        np.testing.assert_array_equal(copy([x, LABELS]), network([x, LABELS]))


def test_an_exported_generator_agrees():
    latent, label = keras.Input((7,), name="latent"), keras.Input((), dtype="int64", name="label")
    network = biggan.conditional_generator(7, 3, (28, 28, 1), filters=8)
    network([LATENTS, LABELS], training=True)
    exported = keras.Model({"latent": latent, "label": label}, {"image": network([latent, label])})
    model = convert(Bordered(exported, "float"))
    inputs = {"latent": Tensor(("n", 7), "float32"), "label": Tensor(("n",), "int64", (0.0, 2.0))}
    check_network("decoder", model, exported, inputs)
    # The power iteration has become constants.
    assert not {"ReduceL2", "Div"} & {node.op_type for node in model.graph.node}
