"""A second variational autoencoder, of the codes."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from keras_gen.models.vae import VAE
from keras_gen.priors.options import PriorOptions

UNITS, BATCH = (256, 256), 256
LEARNING_RATE = 1e-3


def two_stage(codes: np.ndarray, options: PriorOptions) -> keras.Model:
    """What a VAE of the codes draws: as many latents as a code has numbers, and a Gaussian of a learned width.

    Source: Dai & Wipf 2019, "Diagnosing and Enhancing VAE Models", section 4.
    """
    size = codes.shape[1]
    low, high = codes.min(axis=0), codes.max(axis=0)
    middle, reach = (high + low) / 2, np.maximum((high - low) / 2, 1e-4)
    mlp = {"name": "mlp", "units": list(UNITS), "activation": "relu"}
    # A code is a picture of one row to it.
    vae = VAE((1, 1, size), size, mlp, mlp, likelihood="gaussian", sigma=None, seed=options.seed)
    steps = options.epochs * -(-len(codes) // BATCH)
    vae.compile(optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)))
    pictures = np.clip((codes - middle) / reach, -1.0, 1.0).astype(np.float32).reshape(-1, 1, 1, size)
    vae.fit(pictures, batch_size=BATCH, epochs=options.epochs, verbose=0)
    assert vae.pixels.log_scale is not None, "a learned scale"
    width = float(tf.exp(tf.convert_to_tensor(vae.pixels.log_scale)))
    noise = keras.Input((2 * size,), name="noise")
    decoded = keras.layers.Flatten()(vae.decoder(noise[:, :size])) + width * noise[:, size:]
    latent = keras.layers.Rescaling(reach.tolist(), middle.tolist())(decoded)
    return keras.Model({"noise": noise}, {"latent": latent})
