from __future__ import annotations

import keras
import numpy as np
import pytest
from scipy import special, stats

from keras_gen.layers import TruncatedNormal
from keras_gen.layers.truncation import inverse_erf
from serving.common.noise import standard_normal

DRAWS = 20_000
NOISE = standard_normal(3, DRAWS, 4)


def draws(truncation):
    return np.asarray(TruncatedNormal(2)(NOISE, np.float32(truncation)))


@pytest.mark.parametrize("truncation", [0.04, 0.5, 1.0, 2.0])
def test_draws_are_truncated_normal(truncation):
    received = draws(truncation)
    assert np.abs(received).max() <= truncation
    assert stats.kstest(received.ravel(), stats.truncnorm(-truncation, truncation).cdf).pvalue > 0.01


@pytest.mark.parametrize("truncation", [0.5, 1.0, 2.0])
def test_what_lies_within_stays(truncation):
    received, drawn = draws(truncation), NOISE[:, :2]
    within = np.abs(drawn) <= truncation
    np.testing.assert_array_equal(received[within], drawn[within])
    assert stats.kstest(received[~within], stats.truncnorm(-truncation, truncation).cdf).pvalue > 0.01


def test_an_infinite_truncation_keeps_all():
    np.testing.assert_array_equal(draws(np.inf), NOISE[:, :2])


def test_the_two_numbers_of_a_latent_are_independent():
    first, second = draws(0.7).T
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(DRAWS)


def test_inverse_erf_agrees_with_scipy():
    x = np.concatenate([np.linspace(-0.999, 0.999, 1999), 1 - np.geomspace(1e-6, 1e-3, 50)]).astype(np.float32)
    # Rounding within 1 - x is as large as in x.
    np.testing.assert_allclose(inverse_erf(x), special.erfinv(x.astype(np.float64)), rtol=2e-6, atol=1e-7)


def test_inverse_erf_is_finite_at_its_ends():
    assert np.isfinite(inverse_erf(np.array([-1.0, 1.0], np.float32))).all()


def test_it_is_a_network_of_noise_and_a_scalar(tmp_path):
    noise, truncation = keras.Input((4,), name="noise"), keras.Input(batch_shape=(), name="truncation")
    inputs = {"noise": noise, "truncation": truncation}
    keras.Model(inputs, {"latent": TruncatedNormal(2)(noise, truncation)}).save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    received = loaded({"noise": NOISE[:7], "truncation": np.float32(0.5)})["latent"]
    np.testing.assert_allclose(received, draws(0.5)[:7], atol=1e-6)
