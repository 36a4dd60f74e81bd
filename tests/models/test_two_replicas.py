"""What two replicas find that the four of the contract, with their unequal shares, do not.

Batches of 32 out of 64 pictures divide evenly, so that shapes are known when the step is traced, and nothing is padded
or measured at run time. Of 64 pictures in batches of 31 the last two leave one example for each replica, which has no
variance of its own. Models stand for what differs in a step: none of it, statistics of the batch, several moves, and
pictures of earlier steps that are gathered from all replicas.
"""

from __future__ import annotations

import pytest
import tensorflow as tf

from tests.harness import assert_equal_fits, fitted, replicas
from tests.models import test_cyclegan, test_gan, test_vae


@pytest.mark.parametrize("batch", [32, 31])
@pytest.mark.parametrize(
    "contract",
    [
        test_vae.TestVAE,
        test_gan.TestGAN,
        test_gan.TestWassersteinGANWithGradientPenalty,
        test_cyclegan.TestUNetCycleGAN,
    ],
    ids=lambda contract: contract.__name__,
)
def test_two_replicas_equal_one(contract, batch):
    fits = []
    for strategy in (tf.distribute.get_strategy(), replicas(2)):
        with strategy.scope():
            model = contract().build()
        fits.append(fitted(model, batch, 64))
    assert_equal_fits(fits[1], fits[0])
