from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_gen
from keras_gen.metrics.codes import cluster_accuracy
from serving import InputError
from tests.harness import ModelContract, seed_initializers

NETWORK = {"name": "mlp", "units": [16]}
SMALL = {
    "image_shape": (8, 8, 1),
    "latent_dim": 6,
    "clusters": 4,
    "encoder": NETWORK,
    "decoder": NETWORK,
    "cluster_discriminator": NETWORK,
    "style_discriminator": NETWORK,
}


class TestClusteringAAE(ModelContract):
    model_class = keras_gen.ClusteringAAE
    arguments = {**SMALL, "seed": 5}


def bands(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three kinds of pictures: a bright band at the top, in the middle or at the bottom, of random brightness."""
    random = np.random.default_rng(seed)
    kinds = np.arange(count) % 3
    rows = np.arange(8)[None, :, None, None] // 3 == kinds[:, None, None, None]
    bright = random.uniform(0.5, 1.0, (count, 1, 1, 1))
    noise = random.normal(0, 0.05, (count, 8, 8, 1))
    return np.clip(np.where(rows, bright, -0.8) + noise, -1, 1).astype(np.float32), kinds


def test_clusters_without_labels_are_the_kinds_of_pictures():
    seed_initializers()
    model = keras_gen.ClusteringAAE(**{**SMALL, "latent_dim": 5}, likelihood="gaussian", sigma=0.5, seed=1)
    model.compile(**{name: keras.optimizers.Adam(5e-3, beta_1=0.5) for name in model.default_optimizers})
    images, kinds = bands(600, 1)
    model.fit(images, batch_size=60, epochs=50, verbose=0)
    codes = model.inference_networks()["encoder"]({"image": images})["code"].numpy()
    np.testing.assert_allclose(codes[:, :4].sum(axis=1), 1.0, rtol=1e-5)
    found = codes[:, :4].argmax(axis=1)
    assert cluster_accuracy(found[:300], kinds[:300], found[300:], kinds[300:]) > 0.9


def test_the_terms_are_those_of_their_formulas(pictures):
    """Of the networks' outputs, by NumPy."""
    model = keras_gen.ClusteringAAE(**SMALL, adversarial_weight=3.0)
    terms = model._autoencoder_terms(tf.constant(pictures[:5]), training=False)
    codes = model.encoder(pictures[:5]).numpy()
    exponentials = np.exp(codes[:, :4])
    shares = exponentials / exponentials.sum(axis=1, keepdims=True)
    judged = model.cluster_discriminator(shares).numpy(), model.style_discriminator(codes[:, 4:]).numpy()
    fooling = sum(np.log1p(np.exp(-one[:, 0])) for one in judged)
    np.testing.assert_allclose(terms["generator_loss"], fooling, rtol=1e-5)
    np.testing.assert_allclose(terms["loss"], terms["reconstruction"] + 3.0 * fooling, rtol=1e-5)


def test_a_cluster_is_the_class_that_most_of_its_pictures_had():
    known, labels = np.array([0, 0, 0, 1, 1, 2]), np.array([5, 5, 3, 3, 3, 5])
    # Cluster 0 is class 5, 1 is 3, 2 is 5, and nobody has seen cluster 7.
    assert cluster_accuracy(known, labels, np.array([0, 1, 2, 7, 1]), np.array([5, 3, 3, 5, 5])) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clusters": 1}, "`clusters` must be at least 2. Received: 1"),
        ({"latent_dim": 4}, "`latent_dim` must be above 4, which the codes take. Received: 4."),
        ({"adversarial_weight": -1.0}, "`adversarial_weight` must be at least 0"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        keras_gen.ClusteringAAE(**{**SMALL, **options})
