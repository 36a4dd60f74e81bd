from __future__ import annotations

import numpy as np
import pytest

from keras_gen.metrics import importance_sampled_nll
from serving import InputError
from tests.models.test_vae import exact_linear_vae

X = np.linspace(-0.9, 0.9, 5).astype(np.float32).reshape(-1, 1, 1, 1)


def test_one_sample_from_the_exact_posterior_is_enough():
    """Every importance weight is p(x) itself."""
    model, log_evidence = exact_linear_vae()
    received = importance_sampled_nll(model, X, num_samples=1)
    np.testing.assert_allclose(received, -log_evidence(X.ravel()), atol=1e-5)


def test_many_samples_from_a_wrong_posterior_reach_the_evidence():
    model, log_evidence = exact_linear_vae(spread=1.7)
    received = importance_sampled_nll(model, X, num_samples=20_000, seed=1)
    # The weights' relative deviation is about 1; over 20,000 draws 0.007, five of which are allowed.
    np.testing.assert_allclose(received, -log_evidence(X.ravel()), atol=0.035)


def test_the_number_of_pictures_at_a_time_does_not_matter(monkeypatch):
    model, _ = exact_linear_vae()
    whole = importance_sampled_nll(model, X, num_samples=600)
    monkeypatch.setattr("keras_gen.metrics.likelihood.CHUNK", 1)
    np.testing.assert_allclose(importance_sampled_nll(model, X, num_samples=600), whole, atol=1e-5)


def test_no_samples_are_refused():
    with pytest.raises(InputError, match="`num_samples` must be at least 1"):
        importance_sampled_nll(exact_linear_vae()[0], X, num_samples=0)
