from __future__ import annotations

import itertools

import numpy as np
import pytest

from keras_gen.data import open_source
from keras_gen.data.mixtures import MIXTURES, Mixture
from serving import InputError


def flat(source):
    return source.examples.images.reshape(-1, 2)


@pytest.mark.parametrize(("name", "modes"), [("ring", 8), ("grid", 25)])
def test_points_of_a_mixture_lie_around_its_centres(name, modes):
    source, mixture = open_source(f"points:{name}"), MIXTURES[name]()
    assert (source.image_shape, len(source), len(source.classes)) == ((1, 1, 2), 8192, modes)
    assert source.examples.images.dtype == np.float32
    away = flat(source) - mixture.centres[source.examples.labels]
    # The deviation of 16,384 numbers is within 4 standard errors of the true one.
    assert away.std() == pytest.approx(mixture.deviation, rel=4 / np.sqrt(2 * away.size))
    counts = np.bincount(source.examples.labels, minlength=modes)
    assert np.abs(counts - 8192 / modes).max() < 5 * np.sqrt(8192 / modes)


def test_the_probability_of_cells_is_that_of_a_normal_distribution():
    mixture = Mixture(np.array([[0.0, 0.0], [10.0, 10.0]]), 1.0)
    # Of a standard normal number 0.6827 lies within 1 and 0.9545 within 2 (Abramowitz & Stegun 1964, table 26.1).
    one, two = 0.682689492, 0.954499736
    between = (two - one) / 2
    expected = np.outer([between, one, between], [between, one, between]) / 2
    np.testing.assert_allclose(mixture.shares(np.array([-2.0, -1.0, 1.0, 2.0])), expected, atol=1e-8)


def test_a_spiral_is_two_turns_within_the_square():
    source = open_source("points:spiral", split="all")
    assert (len(source), source.classes) == (8192 + 2048, ())
    radius, angle = np.hypot(*flat(source).T), np.arctan2(*flat(source).T[::-1])
    # At every angle the curve has two radii, half of the outer one apart.
    off = (radius - 0.4 * angle / (2 * np.pi)) % 0.4
    assert (np.minimum(off, 0.4 - off) < 0.1).mean() > 0.99
    assert np.abs(flat(source)).max() < 1


def test_splits_are_drawn_apart_and_the_same_every_time():
    train, again, test = (open_source("points:ring", split=split) for split in ("train", "train", "test"))
    np.testing.assert_array_equal(flat(train), flat(again))
    assert not (flat(test)[:, None] == flat(train)).all(axis=-1).any()


@pytest.mark.parametrize(
    "text", ["0.5,-1\n-0.25,0\n", "x,y\r\n0.5,-1\r\n\r\n-0.25,0", "\ufeffx,y\n 0.5 , -1 \n-0.25,0\n"]
)
def test_a_file_of_commas_with_or_without_names(tmp_path, text):
    (tmp_path / "points.csv").write_text(text, encoding="utf-8")
    source = open_source(f"points:{tmp_path / 'points.csv'}")
    np.testing.assert_array_equal(flat(source), np.float32([[0.5, -1], [-0.25, 0]]))


def test_an_array_and_its_range(tmp_path):
    np.save(tmp_path / "points.npy", np.array([[0, 100], [50, 25]]))
    name = f"points:{tmp_path / 'points.npy'}"
    for value_range in ("auto", (0, 100)):
        source = open_source(name, value_range=value_range)
        assert source.value_range == (0, 100)
        np.testing.assert_array_equal(flat(source), np.float32([[-1, 1], [0, -0.5]]))
    # What is outside of a range that was given is not clipped: a point has no brightest value.
    np.testing.assert_array_equal(flat(open_source(name, value_range=(0, 50)))[0], np.float32([-1, 3]))
    with pytest.raises(InputError, match=r"numbers in \[-1, 1\] where no --value-range .* Received: 0 to 100"):
        open_source(name)


@pytest.mark.parametrize(
    ("text", "received"),
    [
        ("1,0,1\n0,0,1\n", "3 columns in line 1"),
        ("0,0\n1\n", "1 columns in line 2"),
        ("", "at least two points. Received: 0"),
        ("x,y\n", "at least two points. Received: 0"),
        ("0,1\n", "at least two points. Received: 1"),
        ("0,0\n0,nan\n", "nan or inf in point 2"),
        ("x,y\nleft,right\n0,1\n", "'left,right' in line 2"),
        ("0,0\n0,one\n", "'0,one' in line 2"),
        (b"\xff\xfe\x00", "must be text with commas"),
    ],
)
def test_what_is_wrong_with_a_file_of_commas_is_named(tmp_path, text, received):
    (tmp_path / "points.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=received):
        open_source(f"points:{tmp_path / 'points.csv'}")


@pytest.mark.parametrize(
    ("content", "received"),
    [
        (np.zeros((3, 3)), r"float64 \(3, 3\)"),
        (np.array([["a", "b"]]), r"<U1 \(1, 2\)"),
        (np.zeros(4), r"float64 \(4,\)"),
        (b"no array", "must be a .npy file"),
    ],
)
def test_what_is_wrong_with_an_array_is_named(tmp_path, content, received):
    if isinstance(content, bytes):
        (tmp_path / "points.npy").write_bytes(content)
    else:
        np.save(tmp_path / "points.npy", content)
    with pytest.raises(InputError, match=received):
        open_source(f"points:{tmp_path / 'points.npy'}")


def test_what_else_cannot_be_is_named(tmp_path):
    for name, message in (
        ("points:rign", "rign. Did you mean 'ring'"),
        ("points:nothing.csv", "that is there. Received: nothing.csv"),
        (f"points:{__file__}", "must be .csv or .npy"),
    ):
        with pytest.raises(InputError, match=message):
            open_source(name)
    for size, channels in itertools.product((None, 8), (None, 3)):
        if size or channels:
            with pytest.raises(InputError, match="--image-size and --channels must be left out for points:ring"):
                open_source("points:ring", size, channels)
    np.save(tmp_path / "points.npy", np.eye(2))
    with pytest.raises(InputError, match="points of the split test"):
        open_source(f"points:{tmp_path / 'points.npy'}", split="test")
