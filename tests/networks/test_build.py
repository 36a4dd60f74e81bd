from __future__ import annotations

import keras
import numpy as np
import pytest

from keras_gen.networks import build_network, conv, dcgan, lenet, mlp, with_hidden
from serving import InputError


@pytest.mark.parametrize(("shape", "deepest"), [((8, 8, 1), 4), ((28, 28, 1), 7), ((32, 32, 3), 4), ((24, 40, 1), 6)])
def test_conv_halves_both_sides_as_long_as_it_can(shape, deepest):
    encoder = conv.encoder(shape, outputs=6, filters=2, units=8)
    assert encoder.output_shape == (None, 6)
    smallest = min(layer.output.shape[1] for layer in encoder.layers if isinstance(layer, keras.layers.Conv2D))
    assert smallest == (deepest if shape[0] != 24 else 6)
    assert conv.decoder(3, shape, filters=2, units=8).output_shape == (None, *shape)


@pytest.mark.parametrize("family", [mlp, dcgan])
def test_generators_stay_in_range_and_discriminators_give_one_logit(family):
    generator, discriminator = family.generator(5, (16, 16, 3)), family.discriminator((16, 16, 3))
    pictures = generator(100 * np.random.default_rng(0).standard_normal((4, 5)).astype(np.float32))
    assert pictures.shape == (4, 16, 16, 3)
    assert np.abs(pictures).max() <= 1
    assert discriminator(pictures).shape == (4, 1)


def test_dcgan_has_the_weights_of_the_paper():
    """Figure 1: 100 -> 4x4x1024 -> 512 -> 256 -> 128 -> 3 at 64x64, 5x5 there, 4x4 kernels here; the scale and
    shift of the four normalizations and the last bias besides."""
    generator = dcgan.generator(100, (64, 64, 3), filters=128)
    kernels = 100 * 16 * 1024 + 16 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3)
    trained = sum(int(np.prod(w.shape)) for w in generator.trainable_weights)
    assert trained == kernels + 2 * (1024 + 512 + 256 + 128) + 3


def test_a_discriminator_without_normalization_judges_each_picture_alone():
    x = np.random.default_rng(0).uniform(-1, 1, (6, 16, 16, 1)).astype(np.float32)
    alone = dcgan.discriminator((16, 16, 1), filters=4, batch_normalization=False)
    np.testing.assert_allclose(alone(x, training=True)[:3], alone(x[:3], training=True), atol=1e-6)
    together = dcgan.discriminator((16, 16, 1), filters=4)
    assert not np.allclose(together(x, training=True)[:3], together(x[:3], training=True), atol=1e-6)


def test_options_reach_the_family():
    network = build_network(
        "encoder", {"name": "mlp", "units": [7, 5]}, (4, 4, 1), (3,), image_shape=(4, 4, 1), outputs=3
    )
    assert [layer.units for layer in network.layers if isinstance(layer, keras.layers.Dense)] == [7, 5, 3]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("dcgn", "Did you mean 'dcgan'?"),
        ({"filters": 3}, "Received: None"),
        ({"name": "dcgan", "image_shape": (8, 8, 1)}, "Received: 'image_shape'"),
        ({"name": "mlp", "unit": [3]}, "Did you mean 'units'?"),
    ],
)
def test_what_no_family_knows_is_named(spec, message):
    with pytest.raises(InputError, match="`generator`") as error:
        build_network("generator", spec, (2,), (8, 8, 1), latent_dim=2, image_shape=(8, 8, 1))
    assert message in str(error.value)


def test_black_is_zero_takes_pictures_from_0_to_1(pictures):
    options = {"units": [5], "activation": "tanh"}
    plain = build_network("encoder", {"name": "mlp", **options}, (8, 8, 1), (3,), image_shape=(8, 8, 1), outputs=3)
    rescaled = build_network(
        "encoder", {"name": "mlp", "black_is_zero": True, **options}, (8, 8, 1), (3,), image_shape=(8, 8, 1), outputs=3
    )
    rescaled.set_weights(plain.get_weights())
    np.testing.assert_allclose(rescaled(pictures), plain((pictures + 1) / 2), atol=1e-6)


def test_a_hidden_layer_comes_with_the_output(pictures):
    network = build_network("discriminator", {"name": "mlp", "units": [6, 4]}, (8, 8, 1), (1,), image_shape=(8, 8, 1))
    for layer, width in (("features_1", 6), (None, 4)):
        hidden, logits = with_hidden(network, layer)(pictures)
        assert hidden.shape == (96, width)
        np.testing.assert_array_equal(logits, network(pictures))


def test_lenet_has_the_weights_of_the_paper():
    """Ganin et al. 2016, figure 4a: 5x5x32, 5x5x48; 100-100-10 for the labels, 100-1 for the domain."""
    extractor = lenet.feature_extractor((28, 28, 3))
    size = extractor.output_shape[1]
    assert size == 4 * 4 * 48
    assert extractor.count_params() == (25 * 3 + 1) * 32 + (25 * 32 + 1) * 48
    assert lenet.label_predictor(size, 10).count_params() == (size + 1) * 100 + 101 * 100 + 101 * 10
    assert lenet.domain_classifier(size).count_params() == (size + 1) * 100 + 101


def test_lenet_drops_channels_in_training_alone(pictures):
    extractor = lenet.feature_extractor((8, 8, 1), filters=(4, 50), kernel_size=3, padding="same", dropout=(0, 0.4))
    features = extractor(pictures, training=False).numpy().reshape(len(pictures), 4, 50).any(axis=1)
    trained = extractor(pictures, training=True).numpy().reshape(len(pictures), 4, 50).any(axis=1)
    assert trained.sum() / features.sum() == pytest.approx(0.6, abs=0.15)


def test_lenet_takes_no_more_dropout_than_it_has_convolutions():
    with pytest.raises(InputError, match="a share for each of 2 convolutions. Received: 3"):
        lenet.feature_extractor((28, 28, 1), dropout=(0.1, 0.1, 0.1))


def test_lenet_without_normalization_sees_each_picture_alone(pictures):
    options = {"filters": [3, 4], "kernel_size": 3, "padding": "same"}
    alone = lenet.feature_extractor((8, 8, 1), **options)
    np.testing.assert_allclose(alone(pictures, training=True)[:3], alone(pictures[:3], training=True), atol=1e-6)
    together = lenet.feature_extractor((8, 8, 1), batch_normalization=True, **options)
    assert not np.allclose(together(pictures, training=True)[:3], together(pictures[:3], training=True), atol=1e-6)


def test_any_number_of_features_will_do_where_none_is_asked_for():
    for filters in ([3], [3, 5]):
        spec = {"name": "lenet", "filters": filters, "kernel_size": 3}
        network = build_network("feature_extractor", spec, (12, 12, 1), (None,), image_shape=(12, 12, 1))
        assert network.output_shape == (None, 5 * 5 * 3 if len(filters) == 1 else 5)


@pytest.mark.parametrize(("side", "padding", "fits"), [(16, "valid", True), (15, "valid", False), (4, "same", True)])
def test_a_picture_too_small_for_lenet_is_named(side, padding, fits):
    if fits:
        assert lenet.feature_extractor((side, 20, 1), padding=padding).output_shape[1] > 0
    else:
        with pytest.raises(InputError, match=f"Received: pictures of 20x{side}; choose another --image-size"):
            lenet.feature_extractor((side, 20, 1), padding=padding)


def test_an_encoder_of_dropout_sees_a_share_of_its_input_in_training_alone():
    network = build_network(
        "encoder",
        {"name": "mlp", "units": [], "dropout": 0.25},
        (32, 32, 1),
        (1,),
        image_shape=(32, 32, 1),
        outputs=1,
    )
    dense = network.layers[-1]
    dense.set_weights([np.ones((1024, 1), np.float32), np.zeros(1, np.float32)])
    ones = np.ones((50, 32, 32, 1), np.float32)
    np.testing.assert_array_equal(network(ones, training=False), np.full((50, 1), 1024.0))
    seen = np.asarray(network(ones, training=True)) * 0.75 / 1024
    # Six standard deviations of a share of 1,024 pixels, for 50 pictures.
    assert np.abs(seen - 0.75).max() < 6 * np.sqrt(0.75 * 0.25 / 1024)
    assert len(np.unique(seen)) > 10
