"""`keras-gen train code_prior --from RUN`, to one sampler."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import export
import serving
from keras_gen.cli import main


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Runs of a VQ-VAE and of an autoencoder."""
    place = tmp_path_factory.mktemp("codes")
    small = ["--data", "digits", "--image-size", "8", "--batch-size", "512", "--epochs", "1"]
    network = "{name: conv, filters: 4, blocks: 1}"
    coder = ["--model.encoder", network, "--model.decoder", network, "--model.codes", "8", "--model.code-size", "3"]
    assert main(["train", "vq_vae", *small, *coder, "--out", str(place / "vq")]) == 0
    dense = "{name: mlp, units: [4]}"
    assert main(["train", "autoencoder", *small, "--model.encoder", dense, "--out", str(place / "autoencoder")]) == 0
    return place


def command(place, out, *further):
    small = ["--data", "digits", "--image-size", "8", "--batch-size", "512"]
    network = ["--model.predictor", "{name: transformer, width: 8, blocks: 1, heads: 2}", "--model.steps", "3"]
    return ["train", "code_prior", *small, *network, "--out", str(place / out), *further]


def test_a_prior_is_trained_on_a_run_resumed_without_it_and_exported_as_one_sampler(place, run, tmp_path):
    assert run(*command(place, "prior", "--from", str(place / "vq"), "--epochs", "1"))[0] == 0
    away = (place / "vq").rename(place / "away")
    code, out, _ = run(*command(place, "prior", "--from", str(place / "vq"), "--epochs", "2"))
    away.rename(place / "vq")
    assert (code, "resuming after epoch 1" in out or "resuming after 1" in out) == (0, True)
    model = keras.saving.load_model(place / "prior" / "model.keras")
    trained = keras.saving.load_model(place / "vq" / "model.keras")
    np.testing.assert_array_equal(model.coder.codebook.codebook, trained.codebook.codebook)
    bundle = export.export_bundle(place / "prior", tmp_path / "bundle")
    manifest = serving.Manifest.read(bundle)
    assert set(manifest.networks) == {"decoder", "noise", "sampler"}
    assert (manifest.latent.prior, manifest.latent.size) == ("masked_codes", 4)
    latents = serving.load(bundle).latents(40, seed=2)
    assert np.isin(latents, np.arange(8)).all()
    np.testing.assert_array_equal(latents, model.prior_latents(40, seed=2))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "code_prior must be given a trained vq_vae, with --from RUN. Received: no model."),
        (["autoencoder"], "code_prior must be given a trained vq_vae, with --from RUN. Received: a Autoencoder."),
        (["vq", "--image-size", "12"], "pictures must have the size of the vq_vae's, 8x8x1. Received: 12x12x1."),
    ],
)
def test_a_prior_of_another_run_is_refused_in_one_line(place, refused, source, message):
    start = ["--from", str(place / source[0]), *source[1:]] if source else []
    assert message in refused(*command(place, "refused", *start))
    assert not (place / "refused").exists()


def test_no_other_prior_is_fitted_to_whole_numbers(place, refused):
    message = "must have codes that are numbers; for whole numbers there is `keras-gen train code_prior --from`."
    assert message in refused("fit-prior", str(place / "vq"), "--prior", "gaussian")
