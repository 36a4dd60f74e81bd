"""The commands that look into a bundle's latent space."""

from __future__ import annotations

import numpy as np
import pytest

import serving.bundle.schema
from keras_gen.data import open_source
from serving.common.images import grid, read_image, write_png
from serving.common.noise import standard_normal
from serving.latents.attributes import direction, move
from serving.latents.latent_space import interpolate, manifold, traverse
from serving.latents.plot import latent_figure, write_figure


def test_reconstructions_stand_beside_their_pictures(run, sampler, vae_bundle, files, tmp_path):
    grey, _ = files
    assert run("reconstruct", vae_bundle, tmp_path / "in", "--out", tmp_path / "r.png")[0] == 0
    pairs = np.stack([grey, sampler.reconstruct(grey)], axis=1).reshape(6, 8, 8, 1)
    np.testing.assert_array_equal(read_image(tmp_path / "r.png"), grid(pairs, 6))


def test_codes_are_an_array_in_the_order_of_the_files(run, sampler, vae_bundle, files, tmp_path):
    grey, paths = files
    assert run("encode", vae_bundle, paths[2], paths[0], "--out", tmp_path / "codes.npy")[0] == 0
    np.testing.assert_array_equal(np.load(tmp_path / "codes.npy"), sampler.encode(grey[[2, 0]]))


def test_the_way_between_pictures(run, sampler, vae_bundle, files, tmp_path):
    grey, paths = files
    words = ["interpolate", vae_bundle, *paths[:2], "--steps", 5, "--path", "linear", "--out", tmp_path / "w.png"]
    assert run(*words)[0] == 0
    way = sampler.decode(interpolate(sampler.encode(grey[:2]), 5, "linear"))
    np.testing.assert_array_equal(read_image(tmp_path / "w.png"), grid(way, 5))


def test_the_way_between_seeds_starts_at_their_samples(run, sampler, vae_bundle, tmp_path):
    words = ["interpolate", vae_bundle, "--seeds", "[3, 4]", "--steps", 6, "--out", tmp_path / "w.png"]
    assert run(*words)[0] == 0
    ends = np.concatenate([standard_normal(seed, 1, 2) for seed in (3, 4)])
    np.testing.assert_array_equal(read_image(tmp_path / "w.png"), grid(sampler.decode(interpolate(ends, 6)), 6))


def test_a_manifold(run, sampler, vae_bundle, tmp_path):
    words = ["manifold", vae_bundle, "--side", 4, "--dimensions", "[1, 0]", "--out", tmp_path / "m.png"]
    assert run(*words)[0] == 0
    expected = grid(sampler.decode(manifold(2, 4, (1, 0))), 4)
    np.testing.assert_array_equal(read_image(tmp_path / "m.png"), expected)


def test_a_manifold_of_another_prior_is_spaced_by_its_draws(run, altered_bundle, tmp_path, monkeypatch):
    """The draws are still normal here; what is tested is that they are used."""
    monkeypatch.setattr(serving.bundle.schema, "PRIORS", ("standard_normal", "another"))
    bundle = altered_bundle(lambda manifest: manifest["latent"].update(prior="another"))
    assert run("manifold", bundle, "--side", 4, "--out", tmp_path / "m.png")[0] == 0
    draws = standard_normal(0, 10_000, 2)
    sampler = serving.load(bundle)
    expected = grid(sampler.decode(manifold(2, 4, draws=draws)), 4)
    np.testing.assert_allclose(read_image(tmp_path / "m.png").astype(int), expected, atol=1)
    assert (manifold(2, 4, draws=draws) != manifold(2, 4)).any()


def test_a_bundle_without_a_prior_has_no_manifold(run, priorless_bundle, tmp_path):
    code, _, err = run("manifold", priorless_bundle, "--out", tmp_path / "m.png")
    assert code == 2
    assert "must have a prior, whose quantiles space the grid. Received: a bundle without a prior." in err
    assert len(err.splitlines()) == 1


def test_codes_of_a_data_set_are_drawn_beside_the_prior(run, sampler, vae_bundle, tmp_path):
    words = ["latent", vae_bundle, "--data", "digits", "--dimensions", "[1, 0]", "--seed", 3]
    code, out, err = run(*words, "--out", tmp_path / "l.png")
    assert (code, err) == (0, "")
    assert "297 codes, dimensions 1 and 0 of 2" in out
    examples = open_source("digits", split="test").examples
    figure = latent_figure(
        sampler.encode(examples.images),
        (1, 0),
        examples.labels,
        examples.classes,
        sampler.latents(297, seed=3),
        "codes of 297 pictures: digits (test)",
    )
    write_figure(tmp_path / "expected.png", figure)
    assert (tmp_path / "l.png").read_bytes() == (tmp_path / "expected.png").read_bytes()


def test_without_labels_or_a_prior_the_codes_are_drawn_alone(
    run, sampler, priorless_bundle, files, tmp_path, monkeypatch
):
    grey, _ = files
    monkeypatch.chdir(tmp_path)
    words = ["latent", priorless_bundle, "--data", "folder:in", "--split", "all", "--out", "l.png"]
    assert run(*words)[0] == 0
    title = "codes of 3 pictures: folder:in (all)"
    write_figure(tmp_path / "expected.png", latent_figure(sampler.encode(grey), (0, 1), title=title))
    assert (tmp_path / "l.png").read_bytes() == (tmp_path / "expected.png").read_bytes()


def test_a_latent_of_one_number_makes_no_plane(run, altered_bundle, tmp_path):
    bundle = altered_bundle(lambda manifest: manifest["latent"].update(size=1))
    code, _, err = run("latent", bundle, "--data", "digits", "--out", tmp_path / "l.png")
    assert code == 2
    assert "must have a latent of at least 2 numbers for a plane. Received: 1." in err
    assert len(err.splitlines()) == 1


def test_an_attribute_of_pictures(run, sampler, vae_bundle, files, tmp_path):
    grey, paths = files
    words = ["attribute", vae_bundle, *paths[:2], "--positive", *paths[1:], "--negative", paths[0]]
    assert run(*words, "--strengths", "[-1, 0, 2.5]", "--out", tmp_path / "a.png")[0] == 0
    codes = sampler.encode(grey)
    moved = move(codes[:2], codes[1:].mean(axis=0) - codes[0], [-1, 0, 2.5])
    expected = grid(sampler.decode(moved), 3)
    np.testing.assert_allclose(read_image(tmp_path / "a.png").astype(int), expected, atol=1)


def test_an_attribute_of_a_class(run, sampler, vae_bundle, files, tmp_path):
    grey, paths = files
    words = ["attribute", vae_bundle, paths[0], "--data", "digits", "--label", "3", "--split", "test"]
    assert run(*words, "--out", tmp_path / "a.png")[0] == 0
    examples = open_source("digits", split="test").examples
    codes = sampler.encode(examples.images)
    way = direction(codes[examples.labels == 3], codes[examples.labels != 3])
    moved = move(sampler.encode(grey[:1]), way, [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0])
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), grid(sampler.decode(moved), 7))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "--data and --label. Received: none of them."),
        (
            ["--positive", "a.png"],
            "--negative-latents, or by --data and --label. Received: --positive.",
        ),
        (["--data", "digits"], "Received: --data."),
        (["--data", "digits", "--label", "1", "--positive", "a.png"], "Received: --positive, --data, --label."),
        (["--data", "digits", "--label", "eight"], "must be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9. Received: 'eight'."),
        (
            ["--data", "folder:named", "--label", "sevns"],
            "one of eights, sevens. Received: 'sevns'. Did you mean 'sevens'?",
        ),
        (["--data", "folder:named", "--label", "sevens", "--count", "1"], "must have a picture of "),
        (["--data", "folder:one", "--label", "only"], "(train) must have a picture of another class than 'only'."),
        (["--data", "folder:plain", "--label", "a"], "folder:plain must have labels. Received: pictures alone."),
        (["--data", "digits", "--label", "1", "--strengths", "[]"], "at least one finite number. Received: []."),
        (["--data", "digits", "--label", "1", "--strengths", "[.inf]"], "at least one finite number. Received: [inf]."),
    ],
)
def test_attributes_that_nothing_shows_are_one_line(refused, vae_bundle, files, tmp_path, monkeypatch, words, message):
    grey, _ = files
    for place in ("named/sevens", "named/eights", "one/only", "plain"):
        write_png(tmp_path / place / "a.png", grey[0])
    write_png(tmp_path / "a.png", grey[0])
    monkeypatch.chdir(tmp_path)
    assert message in refused("attribute", vae_bundle, "a.png", *words, "--out", "out.png")
    assert not (tmp_path / "out.png").exists()


def test_a_traversal_of_a_picture_and_of_a_sample(run, sampler, vae_bundle, files, tmp_path):
    grey, paths = files
    for start, code in (
        (["--picture", paths[1]], sampler.encode(grey[1:2])[0]),
        (["--seed", 5], standard_normal(5, 1, 2)[0]),
    ):
        words = ["traverse", vae_bundle, *start, "--steps", 4, "--reach", "1.5", "--out", tmp_path / "t.png"]
        assert run(*words)[0] == 0
        expected = grid(sampler.decode(traverse(code, [0, 1], 4, 1.5)), 4)
        np.testing.assert_array_equal(read_image(tmp_path / "t.png"), expected)


def test_another_size_is_converted_only_when_asked(run, vae_bundle, tmp_path):
    write_png(tmp_path / "big.png", np.full((20, 12, 3), 90, np.uint8))
    words = ["encode", vae_bundle, tmp_path / "big.png", "--out", tmp_path / "c.npy"]
    code, _, err = run(*words)
    assert code == 2
    assert "big.png must be 8x8x1, which the bundle takes; --resize converts it. Received: 12x20x3." in err
    assert not (tmp_path / "c.npy").exists()
    assert run(*words, "--resize")[0] == 0
    assert np.load(tmp_path / "c.npy").shape == (1, 2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["reconstruct", "{bundle}", "nowhere.png", "--out", "r.png"], "nowhere.png must be a picture"),
        (["reconstruct", "{bundle}", ".", "--out", "r.png"], "must hold pictures"),
        (["reconstruct", "{bundle}", "--out", "r.png"], "needs pictures"),
        (["encode", "{bundle}", ".", "--out", "codes.png"], "--out must be a file that ends in .npy"),
        (["interpolate", "{bundle}", "--out", "w.png"], "Received: only the bundle."),
        (["interpolate", "{bundle}", "--seeds", "[1]", "--out", "w.png"], "at least two latents"),
        (
            ["interpolate", "{bundle}", "--seeds", "[1, 2]", "--steps", "1", "--out", "w.png"],
            "`steps` must be at least 2",
        ),
        (["manifold", "{bundle}", "--dimensions", "[0, 2]", "--out", "m.png"], "2 of 0 to 1. Received: 0, 2."),
        (["latent", "{bundle}", "--out", "l.png"], "needs --data"),
        (["latent", "{bundle}", "--data", "digits", "--out", "l.npy"], "--out must be a file that ends in .png"),
        (["latent", "{bundle}", "--data", "digits", "--dimensions", "[0, 2]", "--out", "l.png"], "Received: 0, 2."),
        (["latent", "{bundle}", "--data", "digits", "--dimensions", "[1, 1]", "--out", "l.png"], "Received: 1, 1."),
        (["attribute", "{bundle}", "--out", "a.png"], "must be given by --positive"),
        (["traverse", "{bundle}", "--dimensions", "[7]", "--out", "t.png"], "Received: 7."),
        (["traverse", "{bundle}", "--seed", str(2**70), "--out", "t.png"], "`seed` must be a 64-bit integer."),
        (["traverse", "nowhere", "--out", "t.png"], "nowhere must be a bundle"),
    ],
)
def test_mistakes_are_one_line(refused, vae_bundle, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    assert message in refused(*(word.format(bundle=vae_bundle) for word in words))
    assert list(tmp_path.iterdir()) == []
