from __future__ import annotations

import itertools

import numpy as np
import pytest

from keras_gen.data import open_source
from keras_gen.data.sources.sprites import ANGLES, CLASSES, PLACES, SHAPES, SIZES
from keras_gen.metrics.disentanglement import (
    disentanglement_completeness_informativeness,
    factor_vae_score,
    factors_of,
    mutual_information_gap,
    separated_attribute_predictability,
)
from keras_gen.metrics.evaluation import evaluate_coder
from serving import InputError

GRID = np.array(list(itertools.product(range(4), range(4), range(4)))).repeat(8, axis=0)
RNG = np.random.default_rng(0)
APART = GRID + 0.01 * RNG.standard_normal(GRID.shape)
ROTATION = np.linalg.qr(RNG.standard_normal((3, 3)))[0]
MIXED = APART @ ROTATION
NOISE = RNG.standard_normal(GRID.shape)


def scores(codes):
    halves = codes[::2], GRID[::2], codes[1::2], GRID[1::2]
    d, c, i = disentanglement_completeness_informativeness(*halves)
    sap = separated_attribute_predictability(*halves)
    return {"mig": mutual_information_gap(codes, GRID), "sap": sap, "d": d, "c": c, "i": i}


def test_a_dimension_for_each_factor_is_perfect():
    found = scores(APART)
    # Of 512 examples the other dimensions say nothing but what chance makes of 20 bins.
    assert found["mig"] == pytest.approx(1.0, abs=0.05)
    assert found["sap"] == pytest.approx(0.75, abs=0.1)  # 1 of the best dimension, 1/4 of guessing
    assert min(found["d"], found["c"], found["i"]) > 0.97
    assert factor_vae_score(APART, GRID) == 1.0


def test_mixed_dimensions_keep_the_information_and_lose_the_rest():
    found, best = scores(MIXED), scores(APART)
    assert found["i"] > 0.9
    assert all(found[name] < 0.6 * best[name] for name in ("mig", "sap", "d", "c"))
    assert factor_vae_score(MIXED, GRID) < 0.9


def test_noise_says_nothing():
    found = scores(NOISE)
    assert max(found["mig"], found["sap"], found["d"], found["c"]) < 0.1
    assert found["i"] < 0.4
    assert factor_vae_score(NOISE, GRID) < 0.5


def test_the_gap_is_that_of_the_mutual_informations():
    """Two bits; one dimension has both, the other one: H = 2 ln 2, information 2 ln 2 and ln 2."""
    factor = np.arange(4).repeat(50)
    codes = np.stack([factor, factor // 2], axis=1).astype(float)
    assert mutual_information_gap(codes, factor[:, None]) == pytest.approx(0.5)


def test_unused_dimensions_have_no_vote():
    codes = np.concatenate([APART, 1e-6 * NOISE[:, :1]], axis=1)
    assert factor_vae_score(codes, GRID) == 1.0


def test_one_dimension_has_no_gap():
    with pytest.raises(InputError, match="two numbers or more"):
        mutual_information_gap(APART[:, :1], GRID)


def test_names_of_classes_state_factors():
    found = factors_of(np.array([0, 2, 1]), ("a=x b=10", "a=y b=10", "a=x b=20"))
    assert found.names == ("a", "b")
    np.testing.assert_array_equal(found.values, [[0, 0], [0, 1], [1, 0]])
    assert factors_of(np.array([0]), ("cat", "dog")) is None
    assert factors_of(np.array([0]), ("a=1 b=2", "b=1 a=2")) is None
    assert factors_of(np.array([0]), ()) is None


def test_sprites_are_drawn_where_their_factors_say():
    source = open_source("sprites", split="all")
    images, labels = source.examples.images[..., 0], source.examples.labels
    assert images.shape == (6144, 32, 32)
    assert len({image.tobytes() for image in images}) == 6144
    factors = factors_of(labels, source.classes)
    assert factors.names == ("shape", "size", "angle", "x", "y")
    assert factors.values.max(axis=0).tolist() == [len(each) - 1 for each in (SHAPES, SIZES, ANGLES, PLACES, PLACES)]
    down, across = np.mgrid[0:32, 0:32] + 0.5
    mass = images.sum(axis=(1, 2), dtype=float)
    for axis, column in ((across, 3), (down, 4)):
        centre = (images * axis).sum(axis=(1, 2)) / mass
        assert np.abs(centre - np.array(PLACES)[factors.values[:, column]]).max() < 3.0
    grown = [mass[factors.values[:, 1] == index].mean() for index in range(4)]
    np.testing.assert_allclose(np.array(grown) / grown[0], np.square(SIZES) / 16, rtol=0.02)
    train, test = (open_source("sprites", split=split) for split in ("train", "test"))
    assert len(train) + len(test) == 6144
    assert not set(train.examples.labels) & set(test.examples.labels)
    assert train.classes == test.classes == CLASSES


class Knowing:
    """A coder whose code is the factors."""

    sees_class, decodes = False, False

    def encode(self, images, labels):
        return factors_of(labels, CLASSES).values + 0.01 * RNG.standard_normal((len(images), 5))


def test_evaluate_has_the_figures_where_factors_are_known():
    train, test = (open_source("sprites", split=split) for split in ("train", "test"))
    figures = {figure.name: figure for figure in evaluate_coder(Knowing(), test, train, 400, 0)}
    names = ["mig", "sap", "dci_disentanglement", "dci_completeness", "dci_informativeness", "factor_vae_score"]
    assert list(figures) == names
    assert figures["factor_vae_score"].value > 0.9
    assert figures["mig"].value > 0.7
    assert figures["sap"].settings["fitted on"] == 400
