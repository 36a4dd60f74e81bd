"""Noise of the encoder's gradient by form of the bound, number of samples and estimator. Prints a table.

    python benchmarks/importance_gradients.py

A VAE of one Gaussian pixel and one latent, with linear networks a little off their best, as in Rainforth et al. 2018,
"Tighter Variational Bounds are Not Necessarily Better", and Tucker et al. 2019: of many independent gradients of one
picture, the variance, and the signal-to-noise ratio, the mean's absolute value over the standard deviation; both means
over the encoder's weights. With more samples the ratio of pathwise gradients of the importance-weighted bound falls
with the root of their number, and that of doubly reparameterized ones rises with it. Takes seconds.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

import keras_gen

FORMS: dict[str, dict[str, Any]] = {
    "iwae": {},
    "miwae, 4 groups": {"importance": "miwae", "importance_groups": 4},
    "piwae, 4 groups": {"importance": "piwae", "importance_groups": 4},
    "ciwae, half": {"importance": "ciwae"},
}
ESTIMATORS = ("pathwise", "doubly_reparameterized")
PIXEL = 0.6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, nargs="+", default=[4, 16, 64, 256], help="multiples of 4")
    parser.add_argument("--gradients", type=int, default=4000)
    options = parser.parse_args()
    columns = [f"{what}, {count}" for count in options.samples for what in ("variance", "signal to noise")]
    print(f"| form | estimator | {' | '.join(columns)} |\n|---|---|{'---|' * len(columns)}")
    for form, arguments in FORMS.items():
        for estimator in ESTIMATORS:
            cells = []
            for count in options.samples:
                found = gradients(options.gradients, num_samples=count, estimator=estimator, **arguments)
                variance, mean = found.var(axis=0), np.abs(found.mean(axis=0))
                cells += [f"{variance.mean():.2e}", f"{(mean / np.sqrt(variance)).mean():.3f}"]
            print(f"| {form} | {estimator} | {' | '.join(cells)} |", flush=True)


def gradients(repeats: int, **arguments: Any) -> np.ndarray:
    """In the posterior's mean and log-variance, independent draws of the same picture: (repeats, 2)."""
    encoder = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    decoder = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1), keras.layers.Reshape((1, 1, 1))])
    model = keras_gen.VAE((1, 1, 1), 1, encoder, decoder, likelihood="gaussian", sigma=1.0, **arguments)
    # The posterior is N(x / 2, 1/2) where the prior is N(0, 1) and x|z is N(z, 1).
    decoder.layers[0].set_weights([np.array([[1.0]]), np.array([0.0])])
    encoder.layers[-1].set_weights([np.array([[0.6, 0.1]]), np.array([0.05, np.log(0.4)])])
    images = tf.fill((repeats, 1, 1, 1), PIXEL)
    noise = tf.random.stateless_normal((repeats, model.num_samples, 1), (1, 2))
    posterior = tf.concat(model.posterior_of(images), axis=-1)
    model.posterior_of = lambda *_: tf.split(posterior, 2, axis=-1)
    with tf.GradientTape() as tape:
        tape.watch(posterior)
        loss = model.bound(images, noise, training=True)["loss"]
    return tape.gradient(loss, posterior).numpy()


if __name__ == "__main__":
    main()
