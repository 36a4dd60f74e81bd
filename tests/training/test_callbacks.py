from __future__ import annotations

import csv

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.training.callbacks import (
    Checkpoints,
    EpochScalars,
    FiniteLosses,
    MetricsFile,
    NonFiniteLossError,
    PictureGrid,
)
from keras_gen.training.callbacks.checkpoints import list_checkpoints, position_of
from keras_gen.training.position import Position
from serving.common.images import read_image


@pytest.fixture
def model():
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    network.compile(optimizer="sgd", loss="mse")
    return network


X = np.ones((8, 1), np.float32)


def test_a_loss_that_is_not_finite_stops_at_its_step(model):
    x = X.copy()
    x[5] = np.nan
    with pytest.raises(NonFiniteLossError, match=r"`loss` must stay finite. Received: nan at step 3 of epoch 1"):
        model.fit(x, x, batch_size=2, shuffle=False, epochs=2, verbose=0, callbacks=[FiniteLosses()])


def test_metrics_have_a_line_per_epoch_and_a_continued_run_replaces_the_later_ones(model, tmp_path):
    path = tmp_path / "metrics.csv"
    model.fit(X, X, epochs=3, verbose=0, callbacks=[MetricsFile(path)])
    first = path.read_text().splitlines()
    history = model.fit(X, X, epochs=4, initial_epoch=2, verbose=0, callbacks=[MetricsFile(path, first_epoch=2)])
    lines = path.read_text().splitlines()
    assert lines[:3] == first[:3]
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3, 4]
    assert [float(row["loss"]) for row in rows[2:]] == history.history["loss"]


def test_checkpoints_come_at_their_interval_and_at_the_end_and_the_newest_stay(model, tmp_path):
    model.fit(X, X, epochs=7, verbose=0, callbacks=[Checkpoints(tmp_path, every=3, keep=2)])
    names = [path.name for path in list_checkpoints(tmp_path)]
    assert names == ["epoch_0006.keras", "epoch_0007.keras"]
    loaded = keras.saving.load_model(tmp_path / names[-1])
    np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])


def test_checkpoints_within_an_epoch_count_the_steps_before_this_fit(model, tmp_path):
    options = {"batch_size": 1, "verbose": 0, "shuffle": False}
    model.fit(X, X, epochs=1, callbacks=[Checkpoints(tmp_path, steps=3, keep=9)], **options)
    names = [path.name for path in list_checkpoints(tmp_path)]
    assert names == ["epoch_0000_step_000003.keras", "epoch_0000_step_000006.keras", "epoch_0001.keras"]
    there = Checkpoints(tmp_path / "on", steps=3, keep=9, position=Position(2, 5))
    model.fit(X, X, epochs=4, initial_epoch=2, callbacks=[there], **options)
    found = [position_of(path) for path in list_checkpoints(tmp_path / "on")]
    assert found == [(2, 6), (2, 9), (2, 12), (3, 0), (3, 3), (3, 6), (4, 0)]


def test_checkpoints_by_the_clock(model, tmp_path):
    model.fit(X, X, batch_size=1, epochs=1, verbose=0, callbacks=[Checkpoints(tmp_path, minutes=1e-9, keep=99)])
    assert len(list_checkpoints(tmp_path)) == 9


def test_a_checkpoint_that_cannot_be_written_is_said_and_training_goes_on(model, tmp_path, monkeypatch, capsys):
    checkpoints = Checkpoints(tmp_path, keep=2)
    model.fit(X, X, epochs=1, verbose=0, callbacks=[checkpoints])
    written = (tmp_path / "epoch_0001.keras").read_bytes()

    def full(path):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(model, "save", full)
        model.fit(X, X, initial_epoch=1, epochs=2, verbose=0, callbacks=[checkpoints])
    assert capsys.readouterr().out == (
        f"{tmp_path / 'epoch_0002.keras'} could not be saved: No space left on device. Training goes on.\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["epoch_0001.keras"]
    assert (tmp_path / "epoch_0001.keras").read_bytes() == written


def test_a_picture_that_cannot_be_written_leaves_nothing_behind(model, tmp_path):
    broken = PictureGrid(lambda: np.full((2, 4, 4, 3), "black"), tmp_path)
    with pytest.raises((TypeError, ValueError, OSError)):
        model.fit(X, X, epochs=1, verbose=0, callbacks=[broken])
    assert list(tmp_path.iterdir()) == []


def test_curves_of_training_and_validation_lie_over_each_other(model, tmp_path):
    history = model.fit(
        X, X, epochs=3, verbose=0, validation_data=(X, 0 * X), callbacks=[EpochScalars(tmp_path)]
    ).history
    for run, key in (("train", "loss"), ("validation", "val_loss")):
        (file,) = (tmp_path / run).glob("events*")
        records = tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
        events = [tf.compat.v1.Event.FromString(record) for record in records]
        values = [(e.step, tf.make_ndarray(v.tensor)) for e in events for v in e.summary.value if v.tag == "loss"]
        assert [step for step, _ in values] == [1, 2, 3]
        np.testing.assert_allclose([value for _, value in values], history[key], rtol=1e-6)


def test_grids_are_pngs_in_the_folder_and_images_in_tensorboard(model, tmp_path):
    callback = PictureGrid(lambda: np.zeros((4, 8, 8, 1)), tmp_path / "samples", tmp_path / "log", every=2)
    model.fit(X, X, epochs=3, verbose=0, callbacks=[callback])
    files = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert files == ["epoch_0002.png", "epoch_0003.png"]
    pixels = read_image(tmp_path / "samples" / files[0])
    assert set(np.unique(pixels)) == {128, 255}
    assert list((tmp_path / "log").glob("events*"))
