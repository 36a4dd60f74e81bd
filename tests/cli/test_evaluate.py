from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from scipy.spatial import KDTree

import export
import keras_gen
from keras_gen.cli import main
from keras_gen.data import open_source
from keras_gen.metrics import (
    frechet_distance,
    importance_sampled_nll,
    parzen_log_likelihood,
    psnr,
    spectrum_distance,
)
from keras_gen.metrics.extractors import OnnxFile
from keras_gen.training.run_directory import RunDirectory
from serving import load
from serving.common.images import to_float, write_png


@pytest.fixture(scope="module")
def vae_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "vae"
    words = ["train", "vae", "--data", "digits", "--epochs", "2", "--out", str(out), "--model.latent_dim", "4"]
    assert main([*words, "--image_size", "12"]) == 0
    return out


def figures(place):
    return {figure["name"]: figure for figure in json.loads((place / "evaluation.json").read_text())}


def test_a_run_is_measured_by_everything_that_fits_it(vae_run, capsys):
    assert main(["evaluate", str(vae_run), "--data", "digits", "--samples", "20", "--seed", "3"]) == 0
    found = figures(vae_run)
    assert set(found) == {
        *("loss", "elbo", "sampled_elbo", "reconstruction", "kl"),
        *("aggregate_mmd", "aggregate_ks", "aggregate_ks_worst"),
        *("nll", "active_units", "reconstruction_psnr", "reconstruction_ssim", "linear_probe"),
        *("few_labels_codes", "few_labels_pixels"),
    }
    assert {figure["count"] for figure in found.values()} == {297}
    assert {figure["data"] for figure in found.values()} == {"digits (test)"}
    assert found["nll"]["settings"] == {"samples": 20, "seed": 3}
    model = RunDirectory(vae_run).load_model()
    images = open_source("digits", 12, split="test").examples.images.astype(np.float32) / 127.5 - 1
    assert found["nll"]["value"] == pytest.approx(importance_sampled_nll(model, images, 20, 3).mean(), rel=1e-5)
    assert found["reconstruction_psnr"]["value"] == pytest.approx(psnr(model(images).numpy(), images).mean(), rel=1e-4)
    # The bound's meaning: a tighter one is below the negative ELBO; codes of digits are better than a guess.
    assert found["nll"]["value"] < -found["elbo"]["value"]
    assert found["linear_probe"]["value"] > 0.3
    printed = capsys.readouterr().out
    assert all(name in printed for name in found)


def test_a_bundle_is_measured_like_its_run(vae_run, tmp_path):
    bundle = tmp_path / "bundle"
    assert main(["export", str(vae_run), "--out", str(bundle)]) == 0
    for place in (vae_run, bundle):
        page = tmp_path / f"{place.name}.html"
        words = ["--data", "digits", "--samples", "1", "--metrics", "rate_distortion", "--html", str(page)]
        assert main(["evaluate", str(place), *words]) == 0
        assert "200 of 297 examples: input, output." in page.read_text()
    run, exported = figures(vae_run), figures(bundle)
    assert set(exported) == {
        *("reconstruction_psnr", "reconstruction_ssim", "linear_probe"),
        *("few_labels_codes", "few_labels_pixels", "rate_distortion"),
    }
    for name, figure in exported.items():
        # Rounding to grey levels moves a pixel by at most half a level.
        assert figure["value"] == pytest.approx(run[name]["value"], rel=0.01)
    assert load(bundle).abilities


def test_the_curve_of_rate_and_distortion_is_that_of_compressed_files(vae_bundle, tmp_path, capsys):
    bundle = shutil.copytree(vae_bundle, tmp_path / "bundle")
    words = ["--data", "digits", "--count", "60", "--metrics", "rate_distortion"]
    assert main(["evaluate", str(bundle), *words]) == 0
    found = json.loads((bundle / "evaluation.json").read_text())
    measured = [figure for figure in found if figure["name"] == "rate_distortion"]
    assert len(measured) == 8
    images = open_source("digits", split="test").draw(60, 0).examples.images
    (tmp_path / "pictures").mkdir()
    for number, image in enumerate(images):
        write_png(tmp_path / "pictures" / f"{number:02}.png", image)
    capsys.readouterr()
    words = ["compress", str(bundle), str(tmp_path / "pictures"), "--bits", "3", "--out", str(tmp_path / "c.kgc")]
    assert main(words) == 0
    point = next(figure for figure in measured if figure["settings"]["bits of a number"] == 3)
    printed = capsys.readouterr().out
    assert f"coded       {point['settings']['bits per pixel']:.4f} bits per pixel" in printed
    assert f"their entropy is {point['settings']['entropy']:.4f}" in printed
    assert f"PSNR        {point['value']:.2f} dB" in printed


@pytest.fixture(scope="module")
def gan_run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "gan"
    small = ["--model.latent_dim", "4", "--model.generator", "mlp", "--model.discriminator", "mlp"]
    words = ["train", "gan", "--data", "digits", "--epochs", "1", "--out", str(out), "--image_size", "8"]
    assert main([*words, *small]) == 0
    return out


@pytest.fixture
def quick_classifier(tmp_path, monkeypatch):
    """A classifier of few steps, kept for the test."""
    monkeypatch.setenv("KERAS_GEN_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr("keras_gen.metrics.classifier.LEAST_STEPS", 60)


def test_samples_are_measured_where_asked(gan_run, quick_classifier, tmp_path):
    bundle = tmp_path / "bundle"
    assert main(["export", str(gan_run), "--out", str(bundle)]) == 0
    asked = ["frechet", "kernel", "score", "precision", "density", "modes", "neighbours", "parzen"]
    options = ["--drawn", "200", "--seed", "5", "--data", "digits"]
    for place in (gan_run, bundle):
        assert main(["evaluate", str(place), "--metrics", *asked, *options]) == 0
    run, exported = figures(gan_run), figures(bundle)
    in_features = {"frechet_distance", "kernel_distance", "precision", "recall", "density", "coverage"}
    in_classes = {"class_score", "modes_found", "modes_kl"}
    assert set(exported) == in_features | in_classes | {"nearest_training_picture", "parzen_log_likelihood"}
    assert set(run) == {"generator_loss", "discriminator_loss", "discriminator_accuracy", *exported}
    for name, figure in exported.items():
        assert figure["count"] == (1500 if name == "nearest_training_picture" else 297)
        assert (figure["settings"]["samples"], figure["settings"]["seed"]) == (200, 5)
        if name in in_features | in_classes:
            assert figure["settings"]["extractor"] == "128 of a classifier of digits (train)"
            assert figure["settings"]["its accuracy"] > 0.8
            assert figure["settings"]["resizer"] == "none"
    for name in ("frechet_distance", "kernel_distance", "nearest_training_picture", "parzen_log_likelihood"):
        assert exported[name]["value"] == pytest.approx(run[name]["value"], rel=0.01)
    # One epoch makes no digits; a copy of the training data would be nearer by far.
    for name in ("frechet_distance", "kernel_distance"):
        assert run[name]["settings"]["200 training pictures have"] < run[name]["value"] / 3
    for name in ("precision", "recall", "density", "coverage"):
        assert run[name]["settings"]["200 training pictures have"] > run[name]["value"] + 0.3
    assert run["modes_found"]["settings"]["of"] == run["modes_found"]["settings"]["200 training pictures have"] == 10
    model, test = RunDirectory(gan_run).load_model(), open_source("digits", 8, split="test")
    samples, images = (model.sample(200, 5) + 1) / 2, test.examples.images.astype(np.float64) / 255
    sigma = run["parzen_log_likelihood"]["settings"]["sigma"]
    expected = parzen_log_likelihood(np.clip(samples, 0, 1), images, sigma).mean()
    assert run["parzen_log_likelihood"]["value"] == pytest.approx(expected, rel=0.01)  # sigma has three digits
    training = open_source("digits", 8).examples.images
    tree = KDTree(training.reshape(len(training), 64) / 127.5)
    distances = tree.query(np.clip(samples, 0, 1).reshape(200, 64) * 2)[0]
    nearest = run["nearest_training_picture"]
    assert nearest["value"] == pytest.approx(np.median(distances), rel=0.01)
    assert nearest["settings"]["minimum"] == pytest.approx(distances.min(), rel=0.01)
    own = np.median(tree.query(tree.data, 2)[0][:, 1])
    assert nearest["settings"]["1000 training pictures have"] == pytest.approx(own, rel=0.05)


def test_samples_are_measured_against_training_pictures_by_an_encoder(gan_run, vae_bundle):
    words = ["--metrics", "frechet", "--extractor", f"onnx:{vae_bundle / 'encoder.onnx'}", "--against", "train"]
    found = {}
    for count in ("1500", "600"):
        options = ["--drawn", "297", "--data", "digits", "--count", count]
        assert main(["evaluate", str(gan_run), *words, *options]) == 0
        found[count] = figures(gan_run)["frechet_distance"]
        assert (found[count]["data"], found[count]["count"]) == ("digits (train)", int(count))
    model = RunDirectory(gan_run).load_model()
    encode = OnnxFile(vae_bundle / "encoder.onnx", (8, 8, 1)).features
    training, test = (open_source("digits", split=split).examples.images for split in ("train", "test"))
    distances = [frechet_distance(encode(part), encode(training)) for part in (model.sample(297, 0), test)]
    figure = found["1500"]
    assert figure["value"] == pytest.approx(distances[0], rel=1e-3)
    assert figure["settings"]["297 test pictures have"] == pytest.approx(distances[1], rel=1e-3)
    assert figure["settings"]["extractor"].startswith("onnx:encoder.onnx")


def test_samples_are_drawn_several_times_for_an_interval(gan_run, vae_bundle):
    extractor = ["--extractor", f"onnx:{vae_bundle / 'encoder.onnx'}"]
    words = ["evaluate", str(gan_run), "--data", "digits", "--metrics", "spectrum", "memorization", *extractor]
    found = {}
    for options in (["--seed", "1"], ["--seed", "2"], ["--seed", "1", "--draws", "2"]):
        assert main([*words, "--drawn", "60", *options]) == 0
        found["".join(options)] = figures(gan_run)
    one, two, both = found.values()
    assert {"spectrum_distance", "authenticity", "copying_rank"} <= set(both)
    for name in ("spectrum_distance", "authenticity", "copying_rank"):
        assert both[name]["value"] == pytest.approx((one[name]["value"] + two[name]["value"]) / 2)
        low, high = both[name]["settings"]["95 % interval"]
        assert low <= both[name]["value"] <= high
    assert both["spectrum_distance"]["settings"]["draws"] == 2


def test_pictures_of_any_origin_are_measured_against_others(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    digits = open_source("digits", split="all").examples.images
    for name, images in (("made", digits[:40]), ("real", digits[40:100])):
        (tmp_path / name).mkdir()
        for index, image in enumerate(images):
            write_png(tmp_path / name / f"{index:03}.png", image)
    made, real = to_float(digits[:40]), to_float(digits[40:100])
    assert main(["evaluate", "made", "--against", "real", "--metrics", "spectrum", "neighbours"]) == 0
    measured = {figure["name"]: figure for figure in json.loads((tmp_path / "made_evaluation.json").read_text())}
    assert not (tmp_path / "made" / "evaluation.json").exists()
    assert measured["spectrum_distance"]["value"] == pytest.approx(spectrum_distance(made, real))
    assert (measured["spectrum_distance"]["count"], measured["spectrum_distance"]["settings"]["samples"]) == (60, 40)
    distances = KDTree(real.reshape(60, -1)).query(made.reshape(40, -1))[0]
    assert measured["nearest_training_picture"]["value"] == pytest.approx(np.median(distances), rel=1e-5)
    assert main(["evaluate", "digits", "--data", "digits", "--drawn", "50", "--metrics", "spectrum"]) == 0
    (figure,) = json.loads((tmp_path / "digits_evaluation.json").read_text())
    assert figure["data"] == "digits (test)"


def test_samples_that_cannot_be_measured_are_one_line(gan_run, vae_run, vae_bundle, quick_classifier, tmp_path, capfd):
    pictures = tmp_path / "unlabelled.npz"
    np.savez(pictures, x_train=np.zeros((200, 8, 8), np.uint8), x_test=np.zeros((200, 8, 8), np.uint8))
    coder = tmp_path / "coder"
    assert main(["train", "autoencoder", "--data", "digits", "--epochs", "1", "--out", str(coder)]) == 0
    gan, encoder = [str(gan_run), "--data", "digits", "--metrics"], f"onnx:{vae_bundle / 'encoder.onnx'}"
    cases = [
        ([str(gan_run), "--data", f"npz:{pictures}", "--metrics", "frechet", "--drawn", "200"], "must have labels"),
        ([*gan, "frechet", "--drawn", "128"], "at least 129 samples, and as many pictures. Received: 128 and 297."),
        ([*gan, "score", "--drawn", "9"], "at least 10 samples"),
        ([*gan, "density", "--drawn", "5"], "at least 6 of each set"),
        ([*gan, "frechet", "--drawn", "0"], "`drawn` must be at least 1"),
        ([*gan, "frechet", "parsen"], "Did you mean 'parzen'?"),
        ([*gan, "frechet", "--against", "tset"], "Did you mean 'test'?"),
        ([*gan, "frechet", "--extractor", "inceptoin"], "Did you mean 'inception'?"),
        ([*gan, "frechet", "--extractor", "onnx:nothing.onnx"], "nothing.onnx must be an ONNX file"),
        ([*gan, "classes"], "must know classes for the metric classes"),
        ([*gan, "modes", "--drawn", "9", "--extractor", encoder], "must tell the 10 classes of the data apart"),
        ([*gan, "score", "--drawn", "9", "--extractor", encoder], "must have an extractor that tells classes apart"),
        ([str(coder), "--data", "digits", "--metrics", "parzen"], "must be able to draw samples"),
        (["ready:digits", "--data", "digits"], "or samples with --metrics"),
        ([*gan, "rate_distortion"], "must have an encoder and a decoder for --metrics rate_distortion. Received"),
        ([*gan, "class_frechet"], "must know classes for the metric class_frechet"),
        ([str(gan_run), "--data", "digits", "--draws", "2"], "--draws must be left out without --metrics"),
        ([str(gan_run), "--metrics", "spectrum"], "keras-gen evaluate needs --data."),
        (["digits", "--data", "digits"], "must be measured by --metrics. Received: none"),
        (["digits", "--against", "digit", "--metrics", "spectrum"], "Did you mean 'digits'?"),
    ]
    for words, message in cases:
        capfd.readouterr()
        assert main(["evaluate", *words]) == 2, words
        err = capfd.readouterr().err
        assert message in err
        assert len(err.splitlines()) == 1


def test_answers_of_a_model_with_noise_are_measured_in_a_file_and_in_its_bundle(tmp_path):
    network = {"name": "unet", "filters": 4, "depth": 2}
    judge = {"name": "patchgan", "receptive_field": 1, "filters": 4}
    model = keras_gen.Pix2Pix((8, 8, 1), network, judge, noise_dim=2, recovery_weight=0.0)
    model.average.set_weights([30 * weight for weight in model.average.get_weights()])
    model.save(tmp_path / "shoes.keras")
    bundle = export.export_bundle(model, tmp_path / "bundle")
    words = ["--data", "edges:digits", "--metrics", "variants", "--count", "5"]
    assert [main(["evaluate", str(place), *words]) for place in (tmp_path / "shoes.keras", bundle)] == [0, 0]
    of_file = json.loads((tmp_path / "shoes_evaluation.json").read_text())
    names = ["l1", "psnr", "diversity", "best_of_10_l1", "zero_latent_l1"]
    assert [figure["name"] for figure in of_file] == [f"a_to_b_{name}" for name in names]
    assert of_file[2]["value"] > 0
    of_bundle = figures(bundle)
    for figure in of_file:
        assert of_bundle[figure["name"]]["value"] == pytest.approx(figure["value"], rel=0.05)


def test_fewer_pictures_are_drawn_with_the_seed(vae_run, tmp_path):
    copy = shutil.copytree(vae_run, tmp_path / "copy")
    values = []
    for seed in (1, 1, 2):
        words = ["evaluate", str(copy), "--data", "digits", "--count", "50", "--samples", "2", "--seed", str(seed)]
        assert main(words) == 0
        assert figures(copy)["reconstruction_psnr"]["count"] == 50
        values.append(figures(copy)["reconstruction_psnr"]["value"])
    assert values[0] == values[1] != values[2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{run}", "--data", "digit"], "Did you mean 'digits'?"),
        (["{run}", "--data", "digits", "--split", "tset"], "Did you mean 'test'?"),
        (["{run}", "--data", "digits", "--count", "0"], "`count` must be at least 1"),
        (["{run}", "--data", "digits", "--seed", "-1"], "`seed` must be at least 0"),
        (["nowhere", "--data", "digits"], "nowhere must be a run"),
    ],
)
def test_mistakes_are_one_line(vae_run, capfd, words, message):
    assert main(["evaluate", *(word.format(run=vae_run) for word in words)]) == 2
    err = capfd.readouterr().err
    assert message in err
    assert len(err.splitlines()) == 1


def test_samples_are_compared_with_pictures_of_other_classes(tmp_path, capsys):
    """As those of groups that were found without labels are; where figures ask for classes, they must be the same."""
    network = {"name": "mlp", "units": (8,)}
    groups = ("group 0", "group 1")
    model = keras_gen.ConditionalGAN((8, 8, 1), groups, latent_dim=2, generator=network, discriminator=network)
    place = export.export_bundle(model, tmp_path / "groups")
    words = ["evaluate", str(place), "--data", "digits", "--drawn", "200", "--metrics"]
    assert main([*words, "spectrum"]) == 0
    assert "spectrum" in capsys.readouterr().out
    assert main([*words, "classes"]) == 2
    assert "must hold pictures of known classes alone: group 0, group 1. Received: '0'." in capsys.readouterr().err
