from __future__ import annotations

import keras
import numpy as np
import pytest

import keras_gen
from serving import InputError
from tests.harness import ModelContract

SMALL = {
    "image_shape": (8, 8, 1),
    "latent_dim": 3,
    "encoder": {"name": "dcgan", "filters": 4},
    "decoder": {"name": "dcgan", "filters": 4},
    "discriminator": {"name": "dcgan", "filters": 4},
}


class TestVAEGAN(ModelContract):
    model_class = keras_gen.VAEGAN
    arguments = {**SMALL, "seed": 6, "similarity_layer": "features_1"}


class TestDenseVAEGAN(ModelContract):
    model_class = keras_gen.VAEGAN
    arguments = {
        **SMALL,
        **{role: {"name": "mlp", "units": [16]} for role in ("encoder", "decoder", "discriminator")},
        "beta": 0.5,
        "penalties": {"r1": 0.5},
    }


@pytest.fixture
def model():
    """Its encoder gives the prior and its decoder grey pictures, whatever comes in."""
    model = keras_gen.VAEGAN(**{**SMALL, "discriminator": {"name": "mlp", "units": [5], "activation": "linear"}})
    model.compile()
    for network in (model.encoder, model.decoder):
        last = network.layers[-1]
        last.set_weights([np.zeros_like(w) for w in last.get_weights()])
    return model


def test_the_losses_are_those_of_the_paper(model, pictures):
    """One linear hidden layer: what the discriminator sees is a matrix product, and grey is all zeros."""
    kernel, bias = model.discriminator.get_layer("features_1").get_weights()
    head, offset = model.discriminator.layers[-1].get_weights()
    report = model.evaluate(pictures, batch_size=96, verbose=0, return_dict=True)
    seen = pictures.reshape(96, -1) @ kernel
    similarity = 0.5 * (seen**2).sum(axis=1).mean() + 2.5 * np.log(2 * np.pi)
    grey = float((bias @ head + offset)[0])
    real = ((seen + bias) @ head + offset)[:, 0]
    assert report["kl"] == pytest.approx(0.0, abs=1e-6)
    assert report["similarity"] == pytest.approx(similarity, rel=1e-4)
    assert report["encoder_loss"] == pytest.approx(similarity, rel=1e-4)
    assert report["decoder_loss"] == pytest.approx(0.01 * similarity + np.logaddexp(0, -grey), rel=1e-4)
    expected = np.logaddexp(0, -real).mean() + np.logaddexp(0, grey)
    assert report["discriminator_loss"] == pytest.approx(expected, rel=1e-4)


def test_similarity_brings_reconstructions_closer(pictures):
    """Without a discriminator that learns, encoder and decoder are an autoencoder in its features."""
    keras.utils.set_random_seed(1)
    dense = {"name": "mlp", "units": [64]}
    model = keras_gen.VAEGAN(
        (8, 8, 1), latent_dim=8, encoder=dense, decoder=dense, discriminator=dense, similarity_weight=1.0, beta=0.01
    )
    model.compile(
        encoder_optimizer=keras.optimizers.Adam(2e-3),
        decoder_optimizer=keras.optimizers.Adam(2e-3),
        discriminator_optimizer=keras.optimizers.SGD(0.0),
    )
    before = np.mean((model(pictures).numpy() - pictures) ** 2)
    model.fit(pictures, batch_size=32, epochs=60, verbose=0)
    assert np.mean((model(pictures).numpy() - pictures) ** 2) < before / 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"similarity_layer": "features_9"}, r"layer must be one of .*Received: 'features_9'. Did you mean 'features_"),
        ({"similarity_weight": -1.0}, "`similarity_weight` must be at least 0"),
        ({"penalties": {"r3": 1.0}}, "`penalties` must be one of r1, r2, gp, dragan. Received: 'r3'"),
        ({"latent_dim": 0}, "`latent_dim` must be at least 1"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        keras_gen.VAEGAN(**{**SMALL, **options})
