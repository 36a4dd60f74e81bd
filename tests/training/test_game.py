"""What the discriminator is shown and judged by."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers.training_noise import TrainingNoise
from keras_gen.training.game import Game

QUIET = {
    "loss": "non_saturating",
    "penalties": None,
    "label_smoothing": 0.0,
    "instance_noise": 0.0,
    "instance_noise_steps": None,
    "augmentation": (),
}


def game(**options):
    return Game(**{**QUIET, **options}, noise=TrainingNoise(1))


def column(*values):
    return tf.constant(values, tf.float32)[:, None]


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("non_saturating", [0.5, 1.0, 0.5]),  # the boundary is 0
        ("hinge", [0.5, 1.0, 0.5]),
        ("least_squares", [0.5, 1.0, 0.0]),  # the boundary is 1/2
        ("wasserstein", [1.0, 1.0, 0.0]),  # only the order of a pair counts
        ("relativistic", [1.0, 1.0, 0.0]),
    ],
)
def test_accuracy_is_the_share_told_apart(loss, expected):
    terms = game(loss=loss).score(column(3.0, 1.0, 0.1), column(2.0, -1.0, 0.7))
    np.testing.assert_allclose(terms["accuracy"], expected)


def test_instance_noise_has_its_deviation_and_falls_to_zero():
    rules = game(instance_noise=0.5, instance_noise_steps=4)
    grey = tf.zeros((200, 10, 10, 1))
    deviations = []
    for _ in range(6):
        shown = rules.shown(grey, "real").numpy()
        assert abs(shown.mean()) < 0.02
        deviations.append(shown.std())
        rules.noise.advance()
    # 20,000 draws: the deviation of a deviation is 0.5 / sqrt(40,000) = 0.0025.
    np.testing.assert_allclose(deviations, [0.5, 0.375, 0.25, 0.125, 0.0, 0.0], atol=0.01)


def test_instance_noise_that_stays_is_new_for_every_use():
    rules = game(instance_noise=0.1)
    grey = tf.zeros((4, 2, 2, 1))
    first, second = rules.shown(grey, "real").numpy(), rules.shown(grey, "fake").numpy()
    assert not np.isin(first, second).any()
    np.testing.assert_array_equal(rules.shown(grey, "real").numpy(), first)


def test_only_the_picture_of_a_tuple_is_changed():
    pictures, codes = tf.ones((3, 8, 8, 1)), tf.ones((3, 2))
    shown = game(augmentation=("cutout",)).shown((pictures, codes), "real")
    assert shown[1] is codes
    assert (shown[0].numpy() == 0).any()
    assert (shown[0].numpy() == 1).any()


def test_the_generators_gradient_goes_through_what_the_discriminator_is_shown():
    rules = game(augmentation=("translation",), loss="wasserstein")
    fake = tf.Variable(tf.ones((2, 8, 8, 1)))
    with tf.GradientTape() as tape:
        terms = rules.generator_terms(lambda x: tf.reduce_sum(x, axis=[1, 2]), fake, fake)
    gradient = tape.gradient(terms["loss"], fake).numpy()
    # The critic is the sum of the pixels that were not moved out of the picture.
    assert set(np.unique(gradient)) <= {-1.0, 0.0}
    assert (gradient == -1.0).mean() > 0.5


def test_penalties_are_weighted_and_added():
    """Of D(x) = 3 sum(x), 4 pixels: r1 = r2 = 18, gp = (6 - 1)^2 = 25, and dragan likewise."""
    rules = game(loss="wasserstein", penalties={"r1": 1.0, "r2": 10.0, "gp": 100.0, "dragan": 1000.0})
    real, fake = tf.ones((2, 2, 2, 1)), tf.zeros((2, 2, 2, 1))
    terms = rules.discriminator_terms(lambda x: 3.0 * tf.reduce_sum(x, axis=[1, 2]), real, fake, "turn 0")
    np.testing.assert_allclose(terms["loss"], [-12 + 18 + 180 + 2500 + 25000] * 2, rtol=1e-5)


def test_a_relative_loss_pairs_generated_pictures_with_real_ones():
    rules = game(loss="relativistic")
    real, fake = tf.fill((3, 1, 1, 1), 2.0), tf.fill((3, 1, 1, 1), 0.5)
    judge = lambda x: x[:, 0, 0]  # noqa: E731
    np.testing.assert_allclose(rules.generator_terms(judge, real, fake)["loss"], [np.log1p(np.exp(1.5))] * 3, rtol=1e-6)
    terms = rules.discriminator_terms(judge, real, fake, "turn 0")
    np.testing.assert_allclose(terms["loss"], [np.log1p(np.exp(-1.5))] * 3, rtol=1e-6)
