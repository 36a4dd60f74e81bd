"""How much the score-function estimator of the encoder's gradient scatters, against the pathwise one.

Same weights, same pictures, new noise in every draw; the variance of a gradient is the sum of the variances of its
elements. The baseline of the score function stands where its moving average would: at the mean cost.

The first rows have a closed form: a decoder that hands its latent on, and a Gaussian likelihood. For D latents drawn
with deviation s around a mean that is delta off its picture in each, the gradient of the mean has

    pathwise: 4 s^2,   score function: 8 delta^2 + 10 s^2 + (D - 1) (4 delta^2 + 2 s^2)

per latent, up to one factor that both share.
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from keras import layers

import keras_gen

DRAWS = 2000
BASELINE_DRAWS = 200
BATCH = 64
EPOCHS = 50
CLOSED_FORMS = ((1, 0.0, 1.0), (1, 1.0, 1.0), (10, 1.0, 1.0), (10, 1.0, 0.1))


def total_variance(model, images, estimator, variables, elements, rng):
    """Sum of the variances of the loss's gradient over the chosen elements of `variables`, all of them in a row."""
    model.estimator = estimator

    @tf.function
    def gradient(noise):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(model.bound(images, noise, training=False)["loss"])
        return tf.concat([tf.reshape(g, [-1]) for g in tape.gradient(loss, variables)], axis=0)

    shape = (len(images), 1, model.latent_dim)
    draws = [gradient(tf.constant(rng.standard_normal(shape), tf.float32)).numpy() for _ in range(DRAWS)]
    return float(np.var(draws, axis=0, ddof=1, dtype=np.float64)[elements].sum())


def both_variances(model, images, variables, elements=slice(None)):
    """Variances of both estimators, pathwise first."""
    images, rng = tf.constant(images), np.random.default_rng(0)
    noise = rng.standard_normal((BASELINE_DRAWS, len(images), 1, model.latent_dim)).astype(np.float32)
    model.baseline.assign(np.mean([model.bound(images, n, training=False)["reconstruction"] for n in noise]))
    return [total_variance(model, images, name, variables, elements, rng) for name in ("pathwise", "score_function")]


def handing_on(size, delta, deviation):
    """A VAE whose posterior has mean `x + delta` and one deviation, and whose decoder's mean is the latent."""
    image_shape = (1, size, 1)
    encoder = keras.Sequential([keras.Input(image_shape), layers.Flatten(), layers.Dense(2 * size)])
    decoder = keras.Sequential([keras.Input((size,)), layers.Reshape(image_shape)])
    model = keras_gen.VAE(image_shape, size, encoder, decoder, likelihood="gaussian", sigma=1.0)
    bias = np.repeat([delta, 2 * np.log(deviation)], size)
    encoder.set_weights([np.eye(size, 2 * size), bias])
    return model


def closed_form(size, delta, deviation):
    score = 8 * delta**2 + 10 * deviation**2 + (size - 1) * (4 * delta**2 + 2 * deviation**2)
    return score / (4 * deviation**2)


def digits_model(latent_dim, epochs, images):
    keras.utils.set_random_seed(0)
    network = {"name": "mlp", "units": [64]}
    model = keras_gen.VAE((8, 8, 1), latent_dim, network, network)
    model.compile(keras.optimizers.Adam(1e-3))
    if epochs:
        model.fit(images, batch_size=BATCH, epochs=epochs, verbose=0)
    return model


def row(name, variances, expected=""):
    pathwise, score = variances
    print(f"| {name} | {pathwise:.3g} | {score:.3g} | {score / pathwise:.3g} | {expected} |", flush=True)


def main() -> None:
    print(f"{DRAWS} draws of the gradient over {BATCH} pictures\n")
    print("| setting | pathwise | score function | ratio | closed form |\n|---|---|---|---|---|")
    for size, delta, deviation in CLOSED_FORMS:
        model = handing_on(size, delta, deviation)
        bias = model.encoder.trainable_variables[-1].value
        pictures = np.zeros((BATCH, 1, size, 1), np.float32)
        variances = both_variances(model, pictures, [bias], slice(size))  # of the means, not the log-variances
        name = f"Gaussian, {size} latents, {delta:g} off, deviation {deviation:g}"
        row(name, variances, f"{closed_form(size, delta, deviation):.3g}")
    digits = next(iter(keras_gen.data.open_source("digits").dataset(1500, shuffle=False))).numpy()
    for latent_dim in (2, 8):
        for epochs in (0, EPOCHS):
            model = digits_model(latent_dim, epochs, digits)
            variances = both_variances(model, digits[:BATCH], [v.value for v in model.encoder.trainable_variables])
            row(f"digits, {latent_dim} latents, after {epochs} epochs", variances)


if __name__ == "__main__":
    main()
