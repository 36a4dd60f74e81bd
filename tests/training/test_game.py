"""What the discriminator is shown and judged by."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers.training_noise import TrainingNoise
from keras_gen.training.game import Game
from serving.common.errors import InputError

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


def sum_of(x):
    return tf.reduce_sum(x, axis=[1, 2])


def test_a_lazy_penalty_comes_now_and_then_and_is_that_much_heavier():
    """Of D(x) = 3 sum(x), 4 pixels: r1 = 18; the loss without it is -12."""
    rules = game(loss="wasserstein", penalties={"r1": 1.0}, penalty_every=3)
    real, fake = tf.ones((2, 2, 2, 1)), tf.zeros((2, 2, 2, 1))
    losses = []
    for _ in range(4):
        losses.append(rules.discriminator_terms(lambda x: 3.0 * sum_of(x), real, fake, "turn 0")["loss"][0])
        rules.noise.advance()
    np.testing.assert_allclose(losses, [-12 + 54, -12, -12, -12 + 54], rtol=1e-6)


def step_of(rules, real, fake):
    terms = rules.discriminator_terms(sum_of, real, fake, "turn 0")
    rules.end_step(terms)
    rules.noise.advance()
    return terms


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        # Of 10 real pictures 8 have a positive logit: r_t is 0.6. Four steps see 40 pictures of 100.
        (0.5, [0.0, 0.0, 0.0, 0.4, 0.4, 0.4, 0.4, 0.8, 0.8, 0.8, 0.8, 1.0]),
        (0.7, [0.0] * 12),
    ],
)
def test_the_probability_of_augmentation_follows_the_sign_of_real_logits(target, expected):
    rules = game(augmentation=("mirror",), augmentation_target=target, augmentation_pictures=100)
    real = tf.reshape(tf.constant([1.0] * 8 + [-1.0] * 2), (10, 1, 1, 1))
    moved = []
    for _ in range(12):
        step_of(rules, real, real)
        moved.append(float(rules.augmentation_probability.probability))
    np.testing.assert_allclose(moved, expected, rtol=1e-5)


def test_a_probability_augments_that_share_of_the_pictures():
    rules = game(augmentation=("cutout",), augmentation_target=0.6)
    white = tf.ones((2000, 8, 8, 1))
    for probability in (0.0, 0.25, 1.0):
        rules.augmentation_probability.probability.assign(probability)
        holes = (rules.shown(white, "real").numpy() == 0).any(axis=(1, 2, 3))
        # The deviation of a share of 2,000 is at most 0.0112.
        assert abs(holes.mean() - probability) < 0.04


def test_averages_of_logits_bound_those_of_the_other_side():
    """In step 0 the averages are 0 and keep a tenth: 0.9 of the logits 4 and 0 are what the next step knows."""
    rules = game(loss="wasserstein", lecam=0.5)
    real, fake = tf.ones((2, 2, 2, 1)), tf.zeros((2, 2, 2, 1))
    first, second = step_of(rules, real, fake), step_of(rules, real, fake)
    np.testing.assert_allclose(first["loss"], [-4 + 0.5 * 16.0] * 2)
    np.testing.assert_allclose(second["loss"], [-4 + 0.5 * (16.0 + 3.6**2)] * 2, rtol=1e-6)


def test_a_change_that_the_discriminator_sees_costs():
    """The sum of a picture in which all but the corner is 0 changes with the corner alone; that of a constant one that
    is mirrored never does."""
    real, fake = tf.ones((50, 4, 4, 1)), tf.zeros((50, 4, 4, 1))
    terms = game(loss="wasserstein", consistency=2.0, consistency_augmentation=("mirror",)).discriminator_terms(
        sum_of, real, fake, "turn 0"
    )
    np.testing.assert_allclose(terms["loss"], [-16.0] * 50, rtol=1e-6)
    half = lambda x: tf.reduce_sum(x[:, :, :2], axis=[1, 2])  # noqa: E731
    left = real * tf.constant([1.0, 1.0, 0.0, 0.0])[None, None, :, None]
    terms = game(loss="wasserstein", consistency=2.0, consistency_augmentation=("mirror",)).discriminator_terms(
        half, left, fake, "turn 0"
    )
    # The left half has 8 pixels of 1, and none once it is mirrored: (8 - 0)^2, twice as heavy.
    assert set(np.round(terms["loss"].numpy())) == {-8.0, -8.0 + 128.0}


def test_the_share_of_the_best_falls():
    rules = game(loss="wasserstein", top_k=0.25, top_k_steps=2)
    fake = tf.reshape(tf.range(4, dtype=tf.float32), (4, 1, 1, 1))
    losses = []
    for _ in range(4):
        losses.append(rules.generator_terms(sum_of, fake, fake)["loss"].numpy())
        rules.noise.advance()
    # All four, then the best three of them (0.625 of 4 is 2.5), then the best one.
    expected = [[0.0, -1.0, -2.0, -3.0], [0.0, -4 / 3, -8 / 3, -4.0], *[[0.0, 0.0, 0.0, -12.0]] * 2]
    np.testing.assert_allclose(losses, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"augmentation_target": 0.6}, "`augmentation_target` needs an `augmentation` to steer. Received: none."),
        ({"augmentation": ("color",), "augmentation_target": 1.0}, "between -1 and 1. Received: 1.0"),
        ({"top_k": 0.0}, "`top_k` must be above 0 and at most 1. Received: 0.0"),
        ({"lecam": -1.0}, "`lecam` must be at least 0. Received: -1.0"),
        ({"penalty_every": 0}, "`penalty_every` must be at least 1. Received: 0"),
        ({"penalties": "dragan:1", "penalty_every": 2}, "must be 1 with the penalty 'dragan'. Received: 2"),
    ],
)
def test_rules_that_cannot_be_are_named(options, message):
    with pytest.raises(InputError) as error:
        game(**options)
    assert message in str(error.value)
