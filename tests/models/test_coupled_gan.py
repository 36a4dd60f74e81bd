from __future__ import annotations

import keras
import numpy as np
import pytest

import keras_gen
from serving import InputError
from tests.harness import ModelContract

SMALL = {
    "image_shape": (8, 8, 1),
    "classes": ("plain", "inverted", "outlined"),
    "latent_dim": 4,
    "generator": {"name": "mlp", "units": [16, 16]},
    "discriminator": {"name": "mlp", "units": [16, 16]},
}


class TestCoupledGAN(ModelContract):
    model_class = keras_gen.CoupledGAN
    arguments = {**SMALL, "classes": ("plain", "inverted"), "penalties": {"r1": 0.1}}


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


@pytest.mark.parametrize("own", [1, 2])
def test_domains_have_all_layers_in_common_but_their_own(own):
    model = keras_gen.CoupledGAN(**SMALL, own_layers=own)
    generator = [4 * 16 + 16, 16 * 16 + 16, 16 * 64 + 64]
    discriminator = [64 * 16 + 16, 16 * 16 + 16, 16 + 1]
    assert count(model.generator) == sum(generator[:-own]) + 3 * sum(generator[-own:])
    assert count(model.discriminator) == 3 * sum(discriminator[:own]) + sum(discriminator[own:])


def test_a_convolutional_pair_can_be_cut_too():
    network = {"name": "dcgan", "filters": 2}
    model = keras_gen.CoupledGAN(**{**SMALL, "generator": network, "discriminator": network})
    assert model.sample(3).shape == (3, 8, 8, 1)
    same = np.ones((3, 4), np.float32)
    assert np.ptp(model(same, np.arange(3)).numpy(), axis=0).max() > 0  # domains differ from the first step on


def test_training_on_a_domain_moves_its_own_layers_and_those_in_common():
    model = keras_gen.CoupledGAN(**SMALL)
    model.compile(generator_optimizer="sgd", discriminator_optimizer="sgd")
    model.run_eagerly = True
    before = {id(w): w.numpy() for w in model.trainable_weights}
    pictures = np.random.default_rng(0).uniform(-1, 1, (6, 8, 8, 1)).astype(np.float32)
    model.fit(pictures, np.full(6, 1), batch_size=6, verbose=0)
    for player, own in ((model.generator, "generator_after_"), (model.discriminator, "discriminator_before_")):
        for part in player.layers:
            moved = [np.any(w.numpy() != before[id(w)]) for w in part.trainable_weights]
            of_another = part.name.startswith(own) and not part.name.endswith("1")
            assert all(moved) if not of_another else not any(moved), part.name


def test_a_latent_is_a_picture_of_each_domain():
    """Own layers with no weights but biases make a picture that says the domain, whatever the latent."""
    model = keras_gen.CoupledGAN(**SMALL)
    for domain, value in enumerate((-0.5, 0.0, 0.5)):
        end = model.average.get_layer(f"generator_after_{domain}")
        end.set_weights([np.zeros((16, 64)), np.full(64, np.arctanh(value))])
    np.testing.assert_allclose(
        model.sample(4, labels=[2, 0, 1, 2]).mean(axis=(1, 2, 3)), [0.5, -0.5, 0, 0.5], atol=1e-6
    )
    network = model.inference_networks()["decoder"]
    received = network({"latent": np.ones((2, 4), np.float32), "label": np.array([0, 2])})["image"]
    np.testing.assert_allclose(received.numpy().mean(axis=(1, 2, 3)), [-0.5, 0.5], atol=1e-6)


def two_paths():
    given = keras.Input((8, 8, 1))
    flat = keras.layers.Flatten()(given)
    one, other = keras.layers.Dense(4)(flat), keras.layers.Dense(4)(flat)
    return keras.Model(given, keras.layers.Dense(1)(keras.layers.Add()([one, other])))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"own_layers": 0}, "`own_layers` must be at least 1. Received: 0"),
        ({"own_layers": 3}, "`own_layers` must leave one of the 3 layers of 'generator' to all domains. Received: 3."),
        ({"classes": ("one",)}, "Received: 1"),
        ({"discriminator": two_paths}, "which has another path beside it"),
    ],
)
def test_what_cannot_be_is_named(options, message):
    made = {name: value() if callable(value) else value for name, value in options.items()}
    with pytest.raises(InputError) as error:
        keras_gen.CoupledGAN(**{**SMALL, **made})
    assert message in str(error.value)
