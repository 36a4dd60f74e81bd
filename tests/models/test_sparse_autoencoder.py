from __future__ import annotations

import numpy as np
import pytest

import export
import keras_gen
import serving
from serving import InputError
from tests.harness import ModelContract
from tests.models.test_autoencoder import SMALL

OVERCOMPLETE = {**SMALL, "latent_dim": 80}


class TestSparseAutoencoder(ModelContract):
    model_class = keras_gen.SparseAutoencoder
    arguments = {**OVERCOMPLETE, "sparsity": 0.2}


def test_more_weight_on_sparsity_leaves_fewer_units_active(pictures):
    shares = []
    for sparsity in (0.0, 1.0, 20.0):
        model = keras_gen.SparseAutoencoder(**OVERCOMPLETE, sparsity=sparsity)
        model.compile(optimizer="adam")
        model.fit(pictures, batch_size=32, epochs=60, verbose=0)
        shares.append(model.evaluate(pictures, verbose=0, return_dict=True)["active"])
    assert shares[0] > shares[1] + 0.05 > shares[2] + 0.1


def test_the_loss_is_the_error_and_the_codes_mean(pictures):
    model = keras_gen.SparseAutoencoder(**OVERCOMPLETE, sparsity=0.7)
    model.compile(optimizer="sgd")
    report = model.evaluate(pictures, batch_size=96, verbose=0, return_dict=True)
    code = np.maximum(model.encoder(pictures).numpy(), 0)
    assert report["loss"] == pytest.approx(report["reconstruction"] + 0.7 * code.mean(), rel=1e-5)
    assert report["active"] == pytest.approx((code > 0).mean(), abs=1e-6)


def test_exported_codes_are_rectified(pictures, tmp_path):
    sampler = serving.load(export.export_bundle(keras_gen.SparseAutoencoder(**OVERCOMPLETE), tmp_path / "b"))
    codes = sampler.encode(np.rint((pictures + 1) * 127.5).astype(np.uint8))
    assert codes.min() == 0
    assert codes.max() > 0


def test_a_negative_weight_is_named():
    with pytest.raises(InputError, match="`sparsity` must be at least 0"):
        keras_gen.SparseAutoencoder(**SMALL, sparsity=-1.0)
