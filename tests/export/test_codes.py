from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pytest
from PIL import Image

import export
import keras_gen
import serving
from keras_gen.cli.main import main
from keras_gen.data import open_source
from serving import InputError
from serving.latents.stored_codes import read_codes

SCANS = 1500


@pytest.fixture(scope="module")
def coded(small_vae, tmp_path_factory):
    return export.export_bundle(small_vae, tmp_path_factory.mktemp("coded") / "vae", codes="digits")


@pytest.fixture
def copy(coded, tmp_path):
    return shutil.copytree(coded, tmp_path / "vae")


def rewrite(bundle, name, content, *keys):
    """Replaces a file, and what the manifest says of it under these keys of `codes`."""
    (bundle / name).write_bytes(content)
    data = json.loads((bundle / "manifest.json").read_text())
    entry = data["codes"]
    for key in keys:
        entry = entry[key]
    entry |= {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    (bundle / "manifest.json").write_text(json.dumps(data))


def test_a_bundle_brings_the_codes_of_a_data_set_with_its_labels_and_pictures(coded):
    scans = open_source("digits").examples
    found = read_codes(coded)
    assert found.source == "digits"
    np.testing.assert_array_equal(found.labels, scans.labels)
    np.testing.assert_array_equal(found.pictures, scans.images)
    np.testing.assert_allclose(found.codes, serving.Sampler(coded).encode(scans.images), rtol=0, atol=1e-6)
    codes = serving.Manifest.read(coded).codes
    assert (codes.count, codes.atlas.tile, codes.atlas.columns) == (SCANS, (8, 8), 39)
    # The tile of the 40th picture is the first of the second row.
    atlas = np.asarray(Image.open(coded / "codes.png"))
    np.testing.assert_array_equal(atlas[8:16, :8], scans.images[39, ..., 0])


def test_what_a_bundle_brings_is_shown(coded, capsys):
    assert main(["info", str(coded)]) == 0
    assert "of 1500 pictures of digits" in capsys.readouterr().out


def test_a_bundle_without_an_encoder_brings_no_codes(tmp_path):
    coder = {"name": "mlp", "units": (8,)}
    model = keras_gen.GAN(image_shape=(8, 8, 1), latent_dim=2, generator=coder, discriminator=coder)
    with pytest.raises(InputError, match="--codes must be left out for a model without an encoder. Received: digits"):
        export.export_bundle(model, tmp_path / "gan", codes="digits")
    assert not (tmp_path / "gan").exists()


def test_a_bundle_that_brings_no_codes_says_so(vae_bundle):
    with pytest.raises(InputError, match="a bundle without any"):
        read_codes(vae_bundle)


@pytest.mark.parametrize(
    ("array", "received"),
    [
        (np.zeros((SCANS, 3), np.float32), r"float32 \(1500, 3\)"),
        (np.zeros((SCANS, 2)), r"float64 \(1500, 2\)"),
        (np.full((SCANS, 2), np.nan, np.float32), "nan or inf"),
    ],
)
def test_codes_of_another_shape_type_or_value_are_refused(copy, array, received):
    np.save(copy / "other.npy", array)
    rewrite(copy, "codes.npy", (copy / "other.npy").read_bytes())
    with pytest.raises(InputError, match=received):
        read_codes(copy)


def test_labels_and_atlas_are_checked_too(copy, tmp_path):
    np.save(tmp_path / "labels.npy", np.full(SCANS, -1, np.int64))
    before = (copy / "codes_labels.npy").read_bytes()
    rewrite(copy, "codes_labels.npy", (tmp_path / "labels.npy").read_bytes(), "labels")
    with pytest.raises(InputError, match="labels from 0 on. Received: -1"):
        read_codes(copy)
    rewrite(copy, "codes_labels.npy", before, "labels")
    Image.new("L", (8, 8)).save(tmp_path / "small.png")
    rewrite(copy, "codes.png", (tmp_path / "small.png").read_bytes(), "atlas")
    with pytest.raises(InputError, match="312x312. Received: L, 8x8"):
        read_codes(copy)
    rewrite(copy, "codes.png", b"no picture", "atlas")
    with pytest.raises(InputError, match="readable picture"):
        read_codes(copy)


def test_an_altered_file_is_refused_by_its_hash(copy):
    content = bytearray((copy / "codes.npy").read_bytes())
    content[-1] ^= 1
    (copy / "codes.npy").write_bytes(content)
    with pytest.raises(InputError, match="SHA-256"):
        read_codes(copy)
