from __future__ import annotations

import keras
import numpy as np
import pytest

from keras_gen.layers import ProjectionHead, SpectralDense, SpectralEmbedding
from serving import InputError

FEATURES = np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32)
LABELS = np.array([2, 0, 2, 1])


def network(**options):
    features, labels = keras.Input((6,)), keras.Input((), dtype="int64")
    return keras.Model([features, labels], ProjectionHead(3, **options)(features, labels))


def test_a_logit_is_that_of_the_features_and_of_their_product_with_the_class():
    model = network()
    head = model.layers[-1]
    kernel, _ = head.psi.get_weights()
    head.psi.set_weights([kernel, np.array([0.3])])
    (table,) = head.embedding.get_weights()
    expected = FEATURES @ kernel + 0.3 + (table[LABELS] * FEATURES).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model([FEATURES, LABELS]), expected, atol=1e-5)


def test_spectral_normalization_reaches_both_weights(tmp_path):
    model = network(spectral_normalization=True, kernel_initializer="orthogonal")
    head = model.layers[-1]
    assert isinstance(head.psi, SpectralDense)
    assert isinstance(head.embedding, SpectralEmbedding)
    # The rows of an orthogonal table with fewer rows than columns all have the singular value 1.
    np.testing.assert_allclose(np.linalg.svd(head.embedding.get_weights()[0])[1], 1.0, atol=1e-5)
    model([FEATURES, LABELS], training=True)
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(loaded([FEATURES, LABELS]), model([FEATURES, LABELS]))


def test_no_class_is_refused():
    with pytest.raises(InputError, match="`classes` must be at least 1. Received: 0"):
        ProjectionHead(0)
