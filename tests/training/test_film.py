from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import keras_gen
from keras_gen.data.mixtures import MIXTURES
from keras_gen.training.callbacks.film import MOST_BYTES, Film, frames_in, stride_of
from keras_gen.training.divergence_estimates import EDGES, cell_shares, divergences
from keras_gen.training.film_frames import PointFrames, picture_frame
from keras_gen.training.position import Position


class Trained:
    """What a film looks at of a model."""

    noise = SimpleNamespace(step=tf.constant(7))


def recorded(folder, first, last, size=1):
    """The film of a training from one epoch to another, of frames of so many bytes that cannot be compressed."""
    film = Film(folder, lambda model: {"bytes": np.random.default_rng(0).bytes(size)}, Position(first))
    film.set_model(Trained())
    film.set_params({"epochs": last})
    film.on_train_begin()
    for epoch in range(first, last):
        film.on_epoch_begin(epoch)
        film.on_epoch_end(epoch)
    return list(frames_in(folder))


def test_frames_are_thinned_to_multiples_of_a_power_of_two_and_the_newest(tmp_path):
    assert recorded(tmp_path, 0, 59) == list(range(60))
    assert recorded(tmp_path, 59, 60) == [*range(0, 61, 2)]
    assert recorded(tmp_path, 60, 63) == [*range(0, 61, 2), 62, 63]
    # 118 / 2 + 1 frames are as many as there may be.
    assert recorded(tmp_path, 63, 118) == [*range(0, 119, 2)]
    assert recorded(tmp_path, 118, 119) == [*range(0, 117, 4), 119]


def test_a_film_has_at_most_two_mebibytes(tmp_path):
    frames = recorded(tmp_path, 0, 40, size=2**18)
    # 8 of a quarter of a mebibyte, with the archive around them 7.
    assert frames == [0, 8, 16, 24, 32, 40]
    assert sum(file.stat().st_size for file in frames_in(tmp_path).values()) <= MOST_BYTES


def test_a_resumed_film_ends_with_the_same_frames(tmp_path):
    whole = recorded(tmp_path / "whole", 0, 150)
    recorded(tmp_path / "resumed", 0, 100)
    # From a checkpoint before the last frames.
    assert recorded(tmp_path / "resumed", 70, 150) == whole
    assert stride_of(tmp_path / "resumed") == 4
    for one, other in zip(
        frames_in(tmp_path / "whole").values(), frames_in(tmp_path / "resumed").values(), strict=True
    ):
        assert one.read_bytes() == other.read_bytes()


def test_a_frame_of_pictures_is_a_small_grid():
    pictures = np.full((4, 8, 8, 1), 1.0, np.float32)
    pictures[3] = -1.0
    with Image.open(BytesIO(picture_frame(pictures)["picture"].tobytes())) as picture:
        assert (picture.size, picture.mode) == ((19, 19), "L")
        assert np.asarray(picture)[10:18, 10:18].max() == 0
    large = np.zeros((1, 600, 300, 3), np.float32)
    with Image.open(BytesIO(picture_frame(large)["picture"].tobytes())) as picture:
        assert picture.width * picture.height <= 2**15
        assert picture.height / picture.width == pytest.approx(2, rel=0.02)


@pytest.fixture(scope="module")
def known():
    """A GAN whose generator gives its latents, halved, and whose discriminator gives twice the first coordinate."""
    generator = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2, use_bias=False), keras.layers.Reshape((1, 1, 2))]
    )
    discriminator = keras.Sequential(
        [keras.Input((1, 1, 2)), keras.layers.Flatten(), keras.layers.Dense(1, use_bias=False)]
    )
    generator.set_weights([0.5 * np.eye(2)])
    discriminator.set_weights([np.array([[2.0], [0.0]])])
    return keras_gen.GAN((1, 1, 2), 2, generator, discriminator, loss="minimax")


def test_a_frame_of_points_shows_both_networks(known):
    points = MIXTURES["ring"]().draw(2000, seed=0)[0].reshape(-1, 1, 1, 2)
    frames = PointFrames(points, seed=3)
    frame = frames(known)
    np.testing.assert_allclose(frame["samples"], known.prior_latents(500, 3) / 2, rtol=1e-6)
    # In every row from -1.25 to 1.25, 40 places.
    x = np.linspace(-1.25, 1.25, 40)
    np.testing.assert_array_equal(frame["surface"], np.tile(np.rint(255 / (1 + np.exp(-2 * x))), (40, 1)))
    # The middle line of 21 is at 0; quantiles 0.5 / 21 and 20.5 / 21 are 1.981 deviations from it.
    np.testing.assert_allclose(frame["warped"][10, 10], [0, 0], atol=1e-6)
    np.testing.assert_allclose(frame["warped"][0, 20], [-0.9904, 0.9904], atol=1e-3)
    # The loss is log(1 - sigmoid(2 x)): its gradient is -2 sigmoid(2 x) along the first coordinate.
    x = frame["samples"][:100, 0]
    np.testing.assert_allclose(frame["gradients"][:, 0], 2 / (1 + np.exp(-2 * x)), rtol=1e-5)
    assert not frame["gradients"][:, 1].any()
    np.testing.assert_array_equal(frames.still()["real"], points[:1000].reshape(-1, 2))


def test_divergences_of_points_from_where_they_are_drawn_and_from_elsewhere():
    ring = MIXTURES["ring"]()
    shares = ring.shares(EDGES)
    kl, js = divergences(shares, ring.draw(4096, seed=0)[0])
    # Counts of k occupied cells have an expected divergence of (k - 1) / 2n, here of 8 modes in some 30 cells; the
    # half that is added to each of 626 cells takes 7 % of the probability away.
    assert js < 0.01
    assert kl < -np.log(4096 / (4096 + 313)) + 0.02
    # All in one of 8 modes: JS = (log(16 / 9) / 8 + 7 / 8 log 2 + log(16 / 9)) / 2 by hand.
    one = np.tile(ring.centres[0], (4096, 1))
    expected = cell_shares(ring.centres)
    assert divergences(expected, one)[1] == pytest.approx((np.log(2 / 9) / 8 + 7 / 8 * np.log(2) + np.log(16 / 9)) / 2)
    # Elsewhere: log 2 at most.
    away = np.full((4096, 2), 5.0)
    away[0] = np.nan
    assert divergences(shares, away)[1] == pytest.approx(np.log(2), abs=1e-3)
