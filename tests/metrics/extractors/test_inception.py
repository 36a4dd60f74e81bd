from __future__ import annotations

import keras
import numpy as np
import pytest

from keras_gen.data import open_source
from keras_gen.metrics.extractors import RESIZER, Inception, open_extractor, stamp
from serving import InputError


def test_pictures_of_any_size_have_2048_features_and_1000_classes():
    extractor = Inception(weights=None)
    small = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 1), dtype=np.uint8)
    features, probabilities = extractor.extract(small)
    assert features.shape == (2, 2048)
    assert features.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert probabilities.shape == (2, 1000)
    expected = {"extractor": "2048 of InceptionV3 (keras.applications, random weights)"}
    assert stamp(extractor, (8, 8, 1)) == {**expected, "resizer": RESIZER}
    assert stamp(extractor, (299, 299, 3)) == {**expected, "resizer": "none"}


def test_weights_out_of_reach_are_one_line(monkeypatch):
    def out_of_reach(weights):
        raise Exception(f"URL fetch failure on https://x/{weights}:\nName or service not known")

    monkeypatch.setattr(keras.applications, "InceptionV3", out_of_reach)
    digits = open_source("digits")
    with pytest.raises(
        InputError, match="others are classifier and onnx:FILE. Received: URL fetch .* service not"
    ) as e:
        open_extractor("inception", digits, digits)
    assert "\n" not in str(e.value)
