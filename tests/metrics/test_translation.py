"""Figures of translations, by translators whose worth is known."""

from __future__ import annotations

import numpy as np
import pytest

from keras_gen.data import Domains, Examples, Source, open_domains
from keras_gen.data.sources.textured import textured
from keras_gen.metrics.translation import Settings, evaluate_translation
from keras_gen.metrics.variants import Answers
from serving import InputError
from serving.common.images import to_float, to_uint8
from serving.common.noise import standard_normal


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_GEN_CACHE", str(tmp_path_factory.mktemp("classifiers")))
        patch.setattr("keras_gen.metrics.classifier.LEAST_STEPS", 500)
        yield


@pytest.fixture(scope="module")
def digits():
    return tuple(open_domains("textured:digits", split=split) for split in ("test", "train"))


def paint(images):
    """The truth: dark on white to colours on a texture."""
    figures = 255 - to_uint8(images)[..., :1]
    return to_float(textured(figures, np.random.default_rng(5)))


def bleach(images):
    """The other truth: what is much darker than most of its picture is the figure."""
    grey = images.mean(axis=3, keepdims=True)
    ground = np.quantile(grey, 0.8, axis=(1, 2), keepdims=True)
    return np.repeat(1 - 2 * np.clip((ground - grey) / (ground + 1), 0, 1), 3, axis=3).astype(np.float32)


def values(figures):
    return {figure.name: figure.value for figure in figures}


def test_truth_keeps_the_label_and_is_taken_for_the_target(digits):
    test, train = digits
    settings = Settings(("labels", "domains", "frechet", "labels"), seed=3)
    figures = evaluate_translation({"a_to_b": paint, "b_to_a": bleach}, test, train, settings)
    found = values(figures)
    assert [figure.name for figure in figures] == [
        f"{way}_{name}"
        for way in ("a_to_b", "b_to_a")
        for name in ("labels_kept", "taken_for_target", "frechet_distance")
    ]
    by_name = {figure.name: figure for figure in figures}
    known = by_name["a_to_b_labels_kept"].settings["the classifier's accuracy"]
    assert found["a_to_b_labels_kept"] == pytest.approx(known, abs=0.1)
    assert found["a_to_b_labels_kept"] > 0.7
    assert found["a_to_b_taken_for_target"] > 0.95
    assert by_name["a_to_b_taken_for_target"].settings["the classifier's accuracy"] > 0.95
    unchanged = values(evaluate_translation({"a_to_b": lambda images: images}, test, train, settings))
    assert unchanged["a_to_b_taken_for_target"] < 0.05
    assert unchanged["a_to_b_frechet_distance"] > 5 * found["a_to_b_frechet_distance"]


def pairs(count=5, side=12):
    images = np.random.default_rng(0).integers(0, 256, (count, side, side, 1), np.uint8)
    a, b = (Source(name, "test", Examples(part)) for name, part in (("both (A)", images), ("both (B)", 255 - images)))
    return Domains("both", a, b, paired=True)


def test_pairs_tell_the_error():
    both = pairs()
    right, off = (
        values(evaluate_translation({"a_to_b": translate}, both, both, Settings()))
        for translate in (lambda images: -images, lambda images: np.clip(0.1 - images, -1, 1))
    )
    assert right["a_to_b_l1"] == pytest.approx(0, abs=1e-6)
    assert right["a_to_b_ssim"] == pytest.approx(1)
    wanted = to_float(both.b.examples.images).astype(float)
    error = np.clip(0.1 - to_float(both.a.examples.images), -1, 1) - wanted
    assert off["a_to_b_l1"] == pytest.approx(np.abs(error).mean(), rel=1e-5)
    expected = (10 * np.log10(4 / (error**2).mean(axis=(1, 2, 3)))).mean()
    assert off["a_to_b_psnr"] == pytest.approx(expected, rel=1e-5)


def test_the_other_way_has_the_other_domain_for_its_target():
    both = pairs()
    found = values(evaluate_translation({"b_to_a": lambda images: -images}, both, both, Settings(count=3)))
    assert found["b_to_a_l1"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        (("labels",), "both must have labels in both domains for the metric labels"),
        (("lables",), "Did you mean 'labels'?"),
        (("parzen",), "`metrics` must be one of labels, domains, variants, frechet"),
    ],
)
def test_mistakes_are_named(metrics, message):
    both = pairs()
    with pytest.raises(InputError) as error:
        evaluate_translation({"a_to_b": lambda images: images}, both, both, Settings(metrics))
    assert message in str(error.value)


def test_answers_are_compared_with_each_other_and_with_the_truth():
    """Of the answers to a black picture each is as bright as its latent says; the truths are two greys."""
    levels = np.where(np.arange(40) % 2, 64, 192).astype(np.uint8)
    images = np.broadcast_to(levels[:, None, None, None], (40, 4, 4, 1))
    black, real = (
        Source(name, "test", Examples(part)) for name, part in (("black", np.zeros_like(images)), ("grey", images))
    )
    answers = Answers(2, lambda given, latents: given + 1 + 0.3 * latents[:, :1, None, None])
    for paired in (True, False):
        both = Domains("both", black, real, paired=paired)
        settings = Settings(("variants",), seed=4)
        figures = evaluate_translation({"a_to_b": paint_grey}, both, both, settings, answers={"a_to_b": answers})
        found = values(figures)
        made = 0.3 * standard_normal(4, 10, 2)[:, 0]
        truth = to_float(levels)
        order = np.random.default_rng(4).permutation(40)
        between = np.abs(truth[order] - truth[np.roll(order, 1)]).mean()
        assert found["a_to_b_diversity"] == pytest.approx(np.abs(made[::2] - made[1::2]).mean() / between, rel=1e-5)
        if not paired:
            assert list(found) == ["a_to_b_diversity"]
            continue
        best = np.abs(made[None] - truth[:, None]).min(axis=1).mean()
        assert found["a_to_b_best_of_10_l1"] == pytest.approx(best, rel=1e-5)
        assert found["a_to_b_zero_latent_l1"] == pytest.approx(np.abs(truth).mean(), rel=1e-5)


def paint_grey(images):
    return images + 1


def test_variants_of_a_model_without_noise():
    with pytest.raises(InputError, match="several answers"):
        evaluate_translation({"a_to_b": paint_grey}, pairs(), pairs(), Settings(("variants",)))


def test_too_few_pictures_are_named_before_a_classifier_is_trained(digits, monkeypatch):
    monkeypatch.setattr("keras_gen.metrics.translation.cached_classifier", lambda *given: pytest.fail("it was opened"))
    with pytest.raises(InputError, match="must have at least 129 samples, and as many pictures. Received: 100 and 100"):
        evaluate_translation({"a_to_b": paint}, *digits, Settings(("domains", "frechet"), count=100))
