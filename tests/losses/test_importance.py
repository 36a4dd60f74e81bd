from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from keras_gen.losses import importance_bound, importance_shares

WEIGHTS = np.random.default_rng(0).standard_normal((3, 6)).astype(np.float32)


def log_mean(values):
    return scipy.special.logsumexp(values, axis=-1) - np.log(values.shape[-1])


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (("iwae",), log_mean(WEIGHTS)),
        (("piwae", 2), log_mean(WEIGHTS)),
        (("miwae", 2), log_mean(WEIGHTS.reshape(3, 2, 3)).mean(axis=-1)),
        (("miwae", 6), WEIGHTS.mean(axis=-1)),
        (("ciwae", 1, 0.25), 0.25 * WEIGHTS.mean(axis=-1) + 0.75 * log_mean(WEIGHTS)),
    ],
)
def test_bounds(form, expected):
    np.testing.assert_allclose(importance_bound(WEIGHTS, *form), expected, rtol=1e-5)


@pytest.mark.parametrize("form", [("iwae",), ("miwae", 2), ("ciwae", 1, 0.25)])
def test_shares_are_the_gradient_of_the_bound(form):
    weights = tf.Variable(WEIGHTS)
    with tf.GradientTape() as tape:
        bound = importance_bound(weights, *form)
    np.testing.assert_allclose(importance_shares(weights, *form), tape.gradient(bound, weights), rtol=1e-5)


def test_the_encoders_shares():
    np.testing.assert_allclose(
        importance_shares(WEIGHTS, "piwae", 3, encoder=True), importance_shares(WEIGHTS, "miwae", 3)
    )
    shares = scipy.special.softmax(WEIGHTS, axis=-1)
    doubly = {"encoder": True, "doubly": True}
    np.testing.assert_allclose(importance_shares(WEIGHTS, "iwae", **doubly), shares**2, rtol=1e-5)
    np.testing.assert_allclose(
        importance_shares(WEIGHTS, "ciwae", 1, 0.4, **doubly), 0.4 / 6 + 0.6 * shares**2, rtol=1e-5
    )
    of_groups = scipy.special.softmax(WEIGHTS.reshape(3, 2, 3), axis=-1) ** 2 / 2
    np.testing.assert_allclose(importance_shares(WEIGHTS, "miwae", 2, **doubly), of_groups.reshape(3, 6), rtol=1e-5)
