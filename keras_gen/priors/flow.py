"""A normalizing flow: the codes' distribution as a standard normal one that is bent, step by step."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_gen import losses
from keras_gen.layers import AffineCoupling
from keras_gen.priors.options import PriorOptions
from serving.common.errors import InputError

STEPS, UNITS, BATCH = 8, 128, 256
LEARNING_RATE = 1e-3
# Of a dimension in which codes do not vary.
LEAST_DEVIATION = 1e-4


def flow(codes: np.ndarray, options: PriorOptions) -> keras.Model:
    """RealNVP of eight couplings, trained to make the codes as probable as it can.

    Raises:
        InputError: codes of a single number.

    Source: Dinh et al. 2017, "Density estimation using Real NVP".
    """
    size = codes.shape[1]
    if size < 2:
        raise InputError(f"codes must have two numbers or more for the prior flow. Received: {size}.")
    mean, deviation = codes.mean(axis=0), np.maximum(codes.std(axis=0), LEAST_DEVIATION)
    bent = BentNormal([AffineCoupling(size, UNITS, index % 2 == 0, options.seed + index) for index in range(STEPS)])
    steps = options.epochs * -(-len(codes) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    bent.compile(optimizer=keras.optimizers.Adam(rate, clipnorm=1.0), loss=lambda _, nll: nll)
    standard = ((codes - mean) / deviation).astype(np.float32)
    bent.fit(standard, np.zeros(len(codes)), batch_size=BATCH, epochs=options.epochs, verbose=0)
    noise = keras.Input((size,), name="noise")
    drawn = noise
    for coupling in bent.couplings:
        drawn = coupling(drawn)
    latent = keras.layers.Rescaling(deviation.tolist(), mean.tolist())(drawn)
    return keras.Model({"noise": noise}, {"latent": latent})


class BentNormal(keras.Model):
    """The distribution of standard normal noise behind couplings. Its output is its negative log-density, nats.

    Args:
        couplings: in the order from noise to data.
    """

    def __init__(self, couplings: list[AffineCoupling], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.couplings = couplings
        self.built = True

    def call(self, data: keras.KerasTensor) -> keras.KerasTensor:
        """(batch, size) to (batch, 1)."""
        stretched = 0.0
        for coupling in reversed(self.couplings):
            data, log_stretch = coupling.undone(data)
            stretched += log_stretch
        return -(losses.normal_log_density(data, 0.0, 0.0) + stretched)[:, None]
