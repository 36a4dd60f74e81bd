from __future__ import annotations

import keras
import numpy as np
import pytest

import export
import keras_gen
import serving
from serving import InputError
from tests.harness import ModelContract

SMALL = {
    "image_shape": (8, 8, 1),
    "encoder": {"name": "conv", "filters": 4, "blocks": 1},
    "decoder": {"name": "conv", "filters": 4, "blocks": 1},
    "codes": 8,
    "code_size": 3,
}


class TestVQVAE(ModelContract):
    model_class = keras_gen.VQVAE
    arguments = {**SMALL, "quantizer": "residual", "depth": 2}


def model_of(**options):
    keras.utils.set_random_seed(1)
    model = keras_gen.VQVAE(**{**SMALL, **options})
    model.compile(optimizer=keras.optimizers.Adam(3e-3))
    return model


@pytest.mark.parametrize(
    ("options", "codes", "size"),
    [({}, 8, 4), ({"quantizer": "fsq", "levels": (5, 4)}, 20, 4), ({"quantizer": "residual", "depth": 3}, 8, 12)],
)
def test_what_is_encoded_is_decoded_to_the_reconstruction(pictures, options, codes, size):
    model = model_of(**options)
    model.fit(pictures, epochs=2, batch_size=32, verbose=0)
    found = np.asarray(model.encode(pictures))
    assert found.shape == (96, size) == (96, model.latent_dim)
    assert found.dtype == np.int32
    assert 0 <= found.min() <= found.max() < codes
    np.testing.assert_allclose(model.decode(found), model(pictures), atol=1e-6)
    np.testing.assert_allclose(model.decode(found.astype(np.float32)), model(pictures), atol=1e-6)


@pytest.mark.parametrize("options", [{}, {"quantizer": "fsq", "levels": (8, 5, 5)}], ids=["vq", "fsq"])
def test_it_learns_and_uses_its_codes(pictures, options):
    model = model_of(**options)
    first = model.evaluate(pictures, verbose=0, return_dict=True)
    model.fit(pictures, epochs=40, batch_size=32, verbose=0)
    report = model.evaluate(pictures, verbose=0, return_dict=True)
    assert report["psnr"] > first["psnr"] + 3
    shares = np.bincount(np.asarray(model.encode(pictures)).ravel(), minlength=model.codebook.codes) / (96 * 4)
    entropy = -(shares[shares > 0] * np.log(shares[shares > 0])).sum()
    assert report["perplexity"] == pytest.approx(np.exp(entropy), rel=1e-4)
    assert report["used"] == pytest.approx((shares > 0).mean())
    assert report["used"] > 0.2


def test_use_is_counted_over_all_batches(pictures):
    """Not as a mean of what batches use, each of which uses fewer codes than all together."""
    model = model_of()
    model.fit(pictures, epochs=5, batch_size=32, verbose=0)
    whole, parts = (model.evaluate(pictures, batch_size=size, verbose=0, return_dict=True) for size in (96, 7))
    for name in ("perplexity", "used"):
        assert parts[name] == pytest.approx(whole[name], rel=1e-5)


def test_a_bundle_has_the_code_map_as_integers(pictures, tmp_path):
    model = model_of()
    model.fit(pictures, epochs=2, batch_size=32, verbose=0)
    bundle = export.export_bundle(model, tmp_path / "bundle")
    manifest = serving.Manifest.read(bundle)
    code_map = manifest.networks["encoder"].outputs["code_map"]
    assert (code_map.axes, code_map.dtype) == (("n", 2, 2, 1), "int64")
    sampler = serving.load(bundle)
    assert sampler.abilities == ("decode", "encode")
    grey = np.rint((pictures + 1) * 127.5).astype(np.uint8)
    codes = sampler.encode(grey)
    assert (codes == np.asarray(model.encode(grey / np.float32(127.5) - 1))).mean() > 0.99
    np.testing.assert_array_equal(sampler.decode(codes), sampler.reconstruct(grey))


def test_a_codebook_larger_than_the_data_can_fill_is_refused_before_the_first_step(pictures):
    model = model_of(codes=512)
    with pytest.raises(InputError, match="must have at least 128 pictures, or a smaller codebook. Received: 96."):
        model.fit(pictures, batch_size=32, verbose=0)
    assert int(model.noise.step) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantizer": "wq"}, "`quantizer` must be one of vq, fsq, residual. Received: 'wq'"),
        ({"codes": 1}, "`codes` must be at least 2"),
        ({"commitment": -1.0}, "`commitment` must be at least 0"),
        ({"revival": 1.0}, "`revival` must be from 0 to below 1. Received: 1.0"),
        ({"quantizer": "fsq", "levels": (8, 1)}, r"`levels` must be whole numbers from 2 on. Received: \[8, 1\]"),
        ({"quantizer": "residual", "depth": 0}, "`depth` must be at least 1"),
        ({"image_shape": (10, 10, 1)}, "must be multiples of 4, to be halved 2 times. Received: 10x10"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        keras_gen.VQVAE(**{**SMALL, **options})
