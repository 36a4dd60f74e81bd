"""What two replicas find that the four of the contract, with their unequal shares, do not.

Batches of 32 out of 64 pictures divide evenly, so that all shapes are known when the step is traced. Of 64 pictures in
batches of 31 the last two leave one example for each replica, which has no variance of its own. The models stand for
what such a step may differ in: nothing, statistics of the batch, several moves that share the batch, a loss that
compares its examples.
"""

from __future__ import annotations

import pytest
import tensorflow as tf

from tests.harness import assert_equal_fits, fitted, replicas
from tests.models import test_autoencoder, test_gan, test_vae


@pytest.mark.parametrize(
    ("contract", "batch"),
    [
        (test_vae.TestVAE, 32),
        (test_vae.TestVAE, 31),
        (test_gan.TestGAN, 32),
        (test_gan.TestGAN, 31),
        (test_gan.TestWassersteinGANWithGradientPenalty, 32),
        (test_autoencoder.WassersteinAutoencoder, 31),
        (test_vae.TotalCorrelationVAE, 31),
        (test_vae.DoublyReparameterizedVAE, 32),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_two_replicas_equal_one(contract, batch):
    fits = []
    for strategy in (tf.distribute.get_strategy(), replicas(2)):
        with strategy.scope():
            model = contract().build()
        fits.append(fitted(model, batch, 64))
    assert_equal_fits(fits[1], fits[0])
