"""Small networks as other people make them."""

from __future__ import annotations

import keras
import numpy as np
import pytest

layers = keras.layers


def dcgan(latent=16, activation="tanh", channels=3):
    """Radford et al. 2016: transposed convolutions with batch normalization, 16x16 pixels."""
    return keras.Sequential(
        [
            keras.Input((latent,), name="z"),
            layers.Dense(4 * 4 * 16),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.2),
            layers.Reshape((4, 4, 16)),
            layers.Conv2DTranspose(8, 4, 2, "same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2DTranspose(channels, 4, 2, "same", activation=activation),
        ],
        name="dcgan",
    )


def lively(model, seed=0):
    """The model with weights and statistics as after training: nothing is 0 or 1."""
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        fan_in = np.prod(weight.shape[:-1]) if len(weight.shape) > 1 else 4
        value = generator.normal(size=weight.shape) * (1.5 / fan_in**0.5)
        if "variance" in weight.path or "gamma" in weight.path:
            value = 1 + 0.2 * np.abs(value)
        weight.assign(value)
    return model


@pytest.fixture(scope="session")
def generator():
    return lively(dcgan())


@pytest.fixture(scope="session")
def generator_bundle(generator, tmp_path_factory):
    """The generator's bundle, of its file, and what was said of it."""
    import export

    folder = tmp_path_factory.mktemp("foreign")
    generator.save(folder / "generator.keras")
    said: list[str] = []
    return export.bundle_networks(folder / "bundle", decoder=folder / "generator.keras", say=said.append), said
