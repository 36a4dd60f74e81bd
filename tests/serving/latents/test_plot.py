from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest

from serving import InputError
from serving.latents.plot import latent_figure, widest, write_figure

RNG = np.random.default_rng(0)
CODES = RNG.normal(size=(30, 3)) * [1.0, 5.0, 2.0]
LABELS = RNG.integers(0, 3, 30)
DRAWS = RNG.normal(size=(40, 3)) * 9.0
CLASSES = ("cat", "dog", "owl")


def dots(panel):
    """Places of the dots in the first scatter."""
    return np.asarray(panel.collections[0].get_offsets())


def test_the_widest_dimensions_are_those_that_vary_most():
    assert widest(CODES) == (1, 2)
    assert widest(CODES[:, :2]) == (0, 1)
    assert widest(np.zeros((4, 3))) == (0, 1)


def test_codes_stand_beside_draws_on_one_stretch_of_the_plane():
    figure = latent_figure(CODES, (2, 0), LABELS, CLASSES, DRAWS, "title")
    left, right = figure.axes
    np.testing.assert_array_equal(dots(left), CODES[:, [2, 0]])
    np.testing.assert_array_equal(dots(right), DRAWS[:, [2, 0]])
    assert left.get_xlim() == right.get_xlim()
    assert left.get_ylim() == right.get_ylim()
    for panel in (left, right):
        assert panel.get_aspect() == 1.0
        assert (panel.get_xlabel(), panel.get_ylabel()) == ("latent dimension 2", "latent dimension 0")
        for limits, dimension in ((panel.get_xlim(), 2), (panel.get_ylim(), 0)):
            both = np.concatenate([CODES, DRAWS])[:, dimension]
            assert limits[0] < both.min() < both.max() < limits[1]
    assert (left.get_title(), right.get_title()) == ("title", "draws of the prior")


@pytest.mark.parametrize("count", [3, 15, 30])
def test_a_class_has_the_colour_that_the_legend_gives_it(count):
    labels = np.arange(30) % count
    classes = tuple(f"class {label}" for label in range(count))
    figure = latent_figure(CODES, labels=labels, classes=classes)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == list(classes)
    named = np.concatenate([handle.get_facecolor() for handle in legend.legend_handles])
    assert len(np.unique(named, axis=0)) == count
    np.testing.assert_array_equal(figure.axes[0].collections[0].get_facecolor(), named[labels])


def test_names_are_written_as_they_are(tmp_path):
    names = ("_hidden", r"$\nothing$", "10 $")
    figure = latent_figure(CODES, labels=LABELS, classes=names, title=r"$\nothing$")
    assert tuple(text.get_text() for text in figure.legends[0].get_texts()) == names
    write_figure(tmp_path / "a.png", figure)
    assert (tmp_path / "a.png").stat().st_size > 0


def test_codes_that_are_not_finite_are_refused():
    with pytest.raises(InputError, match="codes must be finite"):
        latent_figure(np.array([[0.0, np.nan]]))


def test_without_labels_or_a_prior_there_is_one_panel_of_one_colour():
    figure = latent_figure(CODES)
    assert len(figure.axes) == 1
    assert figure.legends == []
    assert len(figure.axes[0].collections[0].get_facecolor()) == 1


def test_codes_in_one_place_can_be_drawn():
    left, right = latent_figure(np.zeros((4, 2)), draws=np.zeros((4, 2))).axes
    assert left.get_xlim() == right.get_xlim() == (-1.0, 1.0)


def test_the_same_figure_gives_the_same_bytes_whatever_the_users_settings(tmp_path):
    with mpl.rc_context():
        for name in ("a.png", "b.png"):
            write_figure(tmp_path / name, latent_figure(CODES, (0, 1), LABELS, CLASSES, DRAWS))
            mpl.rcParams["axes.facecolor"], mpl.rcParams["savefig.dpi"] = "red", 50
    content = (tmp_path / "a.png").read_bytes()
    assert content == (tmp_path / "b.png").read_bytes()
    assert mpl.__version__.encode() not in content


@pytest.mark.parametrize(
    ("dimensions", "message"),
    [((0, 3), "2 of 0 to 2. Received: 0, 3."), ((1, 1), "must be two different ones. Received: 1, 1.")],
)
def test_dimensions_that_make_no_plane_are_named(dimensions, message):
    with pytest.raises(InputError) as error:
        latent_figure(CODES, dimensions)
    assert message in str(error.value)
