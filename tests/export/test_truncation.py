"""Truncation from the prior's network through export and serving to the command line."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import export
import keras_gen
import serving
from export import ParityError
from export.parity import check_noise
from keras_gen.cli import main
from keras_gen.training.pieces import truncated_prior
from serving import InputError
from serving.common.images import grid, read_image, to_uint8
from serving.common.noise import standard_normal


class TruncatedGAN(keras_gen.GAN):
    """A GAN whose prior can be truncated."""

    def prior_network(self):
        return truncated_prior(self.latent_dim)


TruncatedGAN.__module__ = keras_gen.GAN.__module__


@pytest.fixture(scope="module")
def model():
    return TruncatedGAN(image_shape=(8, 8, 1), latent_dim=5, generator="mlp", discriminator="mlp")


@pytest.fixture(scope="module")
def bundle(model, tmp_path_factory):
    return export.export_bundle(model, tmp_path_factory.mktemp("truncated") / "bundle")


@pytest.fixture
def sampler(bundle):
    return serving.load(bundle)


@pytest.mark.parametrize("truncation", [0.5, 1.0, 3.0])
def test_latents_of_the_bundle_are_those_of_the_model(model, sampler, truncation):
    received = sampler.latents(400, seed=2, start=7, truncation=truncation)
    np.testing.assert_allclose(received, model.prior_latents(400, 2, start=7, truncation=truncation), atol=1e-4)
    assert np.abs(received).max() <= truncation
    assert stats.kstest(received.ravel(), stats.truncnorm(-truncation, truncation).cdf).pvalue > 0.01


def test_without_a_truncation_the_latents_are_the_noises_first_half(model, sampler):
    noise = standard_normal(2, 40, 10)
    np.testing.assert_allclose(sampler.latents(40, seed=2), noise[:, :5], atol=1e-5)
    np.testing.assert_array_equal(sampler.latents(40, seed=2, truncation=np.inf), sampler.latents(40, seed=2))
    np.testing.assert_array_equal(model.prior_latents(40, 2), noise[:, :5])


def test_pictures_follow_the_truncated_latents(model, sampler):
    expected = to_uint8(model.average(model.prior_latents(9, 3, truncation=0.5)).numpy())
    received = sampler.sample(9, seed=3, truncation=0.5)
    assert np.abs(received.astype(int) - expected).max() <= 1
    np.testing.assert_array_equal(np.concatenate(list(sampler.stream(9, 3, 4, truncation=0.5))), received)
    assert not np.array_equal(sampler.sample(9, seed=3), received)


def test_the_manifest_states_a_scalar(bundle, sampler):
    for name in ("noise", "sampler"):
        assert sampler.manifest.networks[name].inputs["truncation"] == serving.bundle.manifest.Tensor((), "float32")
    card = (bundle / "README.md").read_text()
    assert "`truncation` float32 []" in card
    assert "`truncation` are drawn again" in card


def test_the_cards_program_runs(bundle, sampler, monkeypatch):
    program = (bundle / "README.md").read_text().split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(bundle)
    names: dict = {}
    exec(program, names)
    np.testing.assert_array_equal(names["pictures"], sampler.sample(64, seed=7))


def test_the_command_line_truncates(bundle, sampler, tmp_path, capfd):
    assert main(["sample", str(bundle), "-n", "16", "--truncation", "0.5", "--out", str(tmp_path / "s.png")]) == 0
    expected = grid(sampler.sample(16, truncation=0.5), sampler.columns)
    np.testing.assert_array_equal(read_image(tmp_path / "s.png"), expected)
    assert main(["sample", str(bundle), "-n", "2", "--truncation", "0.5", "--out", str(tmp_path / "s")]) == 0
    np.testing.assert_array_equal(read_image(tmp_path / "s" / "0001.png"), sampler.sample(2, truncation=0.5)[1])
    assert main(["info", str(bundle)]) == 0
    assert "latent    5, standard normal, takes a truncation" in capfd.readouterr().out


@pytest.mark.parametrize("truncation", [0.0, -1.0, np.nan])
def test_a_truncation_that_leaves_nothing_is_named(model, sampler, truncation):
    for draw in (
        lambda: sampler.sample(2, truncation=truncation),
        lambda: sampler.stream(2, truncation=truncation),
        lambda: sampler.latents(2, truncation=truncation),
        lambda: model.prior_latents(2, truncation=truncation),
    ):
        with pytest.raises(InputError, match=f"`truncation` must be above 0. Received: {truncation}"):
            draw()


def test_a_model_and_a_bundle_without_truncation_refuse_one(small_vae, vae_bundle):
    for draw in (
        lambda: serving.load(vae_bundle).sample(2, truncation=0.5),
        lambda: serving.load(vae_bundle).stream(2, truncation=np.inf),
        lambda: small_vae.prior_latents(2, truncation=0.5),
    ):
        with pytest.raises(InputError, match="`truncation` must be left out for .* Received: "):
            draw()


def test_a_wrong_truncation_is_caught(model, bundle):
    """What export compares with draws everything anew but ignores the truncation."""
    import onnx

    inputs = serving.Manifest.read(bundle).networks["noise"].inputs
    graph = onnx.load(bundle / "noise.onnx")
    assert check_noise(graph, model.prior_latents, inputs)["latent"] <= 1e-4

    def untruncated(n, seed, labels, start, truncation):
        return model.prior_latents(n, seed, labels, start)

    with pytest.raises(ParityError, match="'noise' must agree"):
        check_noise(graph, untruncated, inputs)
