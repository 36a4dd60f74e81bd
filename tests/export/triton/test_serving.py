"""What a client of Triton gets from a repository is what the library gives."""

from __future__ import annotations

import numpy as np
import pytest

import serving
from export.triton import write_repository
from serving import Manifest
from tests import handmade
from tests.export.triton import server


def number(value, kind=np.int64):
    return np.array([value], kind)


def test_pictures_of_a_seed(vae_bundle, tmp_path):
    write_repository(vae_bundle, tmp_path / "models")
    expected = serving.load(vae_bundle).sample(12, seed=7)
    (made,) = server.infer(tmp_path / "models", "sampler", {"seed": number(7), "n": number(12)}).values()
    np.testing.assert_array_equal(made, expected)
    request = {"seed": number(7), "n": number(5), "start": number(3)}
    (made,) = server.infer(tmp_path / "models", "sample", request).values()
    np.testing.assert_array_equal(made, expected[3:8])


@pytest.mark.parametrize("kind", ["of_classes", "of_parts"])
def test_labels_are_a_column_for_every_network(kind, tmp_path, request):
    bundle = request.getfixturevalue(kind)
    write_repository(bundle, tmp_path / "models")
    labels = np.array([2, 0, 1, 1])
    expected = serving.load(bundle).sample(4, seed=1, labels=labels)
    sent = {"seed": number(1), "n": number(4), "label": labels[:, None]}
    np.testing.assert_array_equal(server.infer(tmp_path / "models", "sampler", sent)["image"], expected)
    sent["start"] = number(0)
    np.testing.assert_array_equal(server.infer(tmp_path / "models", "sample", sent)["image"], expected)


def test_reconstructions(vae_bundle, of_classes, of_parts, tmp_path, pictures):
    grey = serving.common.images.to_uint8(pictures[:5])
    labels = np.array([0, 2, 1, 1, 0])
    for index, bundle in enumerate((vae_bundle, of_classes, of_parts)):
        folder = tmp_path / str(index)
        write_repository(bundle, folder)
        library = serving.load(bundle)
        takes = "label" in library.manifest.networks["encoder"].inputs
        expected = library.reconstruct(grey, labels=labels if takes else None)
        sent = {"image": grey, **({"label": labels[:, None]} if takes else {})}
        np.testing.assert_array_equal(server.infer(folder, "reconstruct", sent)["reconstruction"], expected)


def test_truncation_is_a_number_more(tmp_path, write):
    from tests.export.test_truncation import TruncatedGAN

    bundle = write(TruncatedGAN, image_shape=(8, 8, 1), latent_dim=5, generator="mlp", discriminator="mlp")
    write_repository(bundle, tmp_path / "models")
    sent = {"seed": number(3), "n": number(6), "start": number(2), "truncation": number(0.5, np.float32)}
    made = server.infer(tmp_path / "models", "sample", sent)["image"]
    np.testing.assert_array_equal(made, serving.load(bundle).sample(8, seed=3, truncation=0.5)[2:])


def test_classes_have_their_names(of_domains, tmp_path, pictures):
    write_repository(of_domains, tmp_path / "models")
    grey = serving.common.images.to_uint8(pictures[:5])
    (made,) = server.infer(tmp_path / "models", "classifier", {"image": grey}).values()
    np.testing.assert_allclose(made, serving.load(of_domains).classify(grey), atol=1e-6)
    (output,) = server.parsed(tmp_path / "models" / "classifier").output
    assert (tmp_path / "models" / "classifier" / output.label_filename).read_text() == "zero\none\ntwo\n"


@pytest.mark.parametrize("kind", ["inverting", "fixed", "grey", "centring", "both"])
def test_translations(bundles, kind, tmp_path):
    write_repository(bundles[kind], tmp_path / "models")
    image = Manifest.read(bundles[kind]).image
    pictures = np.random.default_rng(0).integers(0, 256, (3, 12, 16, image.channels), np.uint8)
    (made,) = server.infer(tmp_path / "models", "a_to_b", {"image": pictures}).values()
    np.testing.assert_array_equal(made, 255 - pictures)
    assert server.load(tmp_path / "models")["a_to_b"].max_batch_size == 8


def test_weights_beside_a_network_are_beside_it_again(tmp_path):
    """In a folder that is named as a model of one file would be."""
    networks = {"first": handmade.product(handmade.beside()), "second": handmade.product(handmade.beside())}
    bundle = handmade.write(tmp_path / "bundle", networks)
    write_repository(bundle, tmp_path / "models")
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    for name in networks:
        assert {path.name for path in (tmp_path / "models" / name / "1" / "model.onnx").iterdir()} == {
            "model.onnx",
            "weights.data",
        }
        (made,) = server.infer(tmp_path / "models", name, {"x": x}).values()
        np.testing.assert_allclose(made, x @ handmade.NUMBERS, rtol=1e-6)
