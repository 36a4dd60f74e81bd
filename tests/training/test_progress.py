"""What `progress.json` says of a training."""

from __future__ import annotations

import json
import os

import keras
import numpy as np
import pytest

from keras_gen.training.callbacks import FiniteLosses, NonFiniteLossError, Progress
from keras_gen.training.callbacks.ending import told_of_an_end
from keras_gen.training.position import Position

X = np.ones((8, 1), np.float32)


@pytest.fixture
def model():
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    network.compile(optimizer="sgd", loss="mse")
    return network


class Reader(keras.callbacks.Callback):
    """Reads the file after each step."""

    def __init__(self, path):
        super().__init__()
        self.path = path
        self.found = []

    def on_train_batch_end(self, batch, logs=None):
        self.found.append(json.loads(self.path.read_text()))


def read(path):
    return json.loads(path.read_text())


def test_it_says_how_far_a_training_is(model, tmp_path):
    path = tmp_path / "progress.json"
    reader = Reader(path)
    options = {"batch_size": 2, "verbose": 0, "shuffle": False}
    model.fit(X, X, epochs=2, callbacks=[Progress(path, 4, pause=0.0), reader], **options)
    assert [(one["epoch"], one["step"], one["trained"]) for one in reader.found] == [
        *((0, step, step) for step in (1, 2, 3, 4)),
        *((1, step, 4 + step) for step in (1, 2, 3, 4)),
    ]
    first = reader.found[0]
    assert (first["state"], first["epochs"], first["steps"], first["process"]) == ("training", 2, 4, os.getpid())
    assert set(first["figures"]) == {"loss"}
    assert 0.0 < first["seconds"] <= reader.found[-1]["seconds"]
    last = read(path)
    assert (last["state"], last["epoch"], last["step"], last["figures"]) == ("finished", 2, 0, {})


def test_steps_before_a_resumed_training_are_not_of_this_call(model, tmp_path):
    path = tmp_path / "progress.json"
    reader = Reader(path)
    there = Progress(path, 4, Position(3, 2), pause=0.0)
    model.fit(X, X, batch_size=4, initial_epoch=3, epochs=4, verbose=0, callbacks=[there, reader])
    assert [(one["epoch"], one["step"], one["trained"]) for one in reader.found] == [(3, 3, 1), (3, 4, 2)]


def test_within_an_epoch_it_is_written_at_its_pause(model, tmp_path):
    path = tmp_path / "progress.json"
    reader = Reader(path)
    model.fit(X, X, batch_size=1, epochs=1, verbose=0, callbacks=[Progress(path, 8, pause=60.0), reader])
    assert {one["step"] for one in reader.found} == {0}


def test_why_it_stopped_is_said(model, tmp_path):
    path = tmp_path / "progress.json"
    x = X.copy()
    x[5] = np.nan
    callbacks = [FiniteLosses(), Progress(path, 4)]
    with pytest.raises(NonFiniteLossError), told_of_an_end(callbacks):
        model.fit(x, x, batch_size=2, shuffle=False, epochs=2, verbose=0, callbacks=callbacks)
    found = read(path)
    assert (found["state"], found["epoch"]) == ("stopped", 0)
    assert found["reason"].startswith("`loss` must stay finite. Received: nan")
    with pytest.raises(KeyboardInterrupt), told_of_an_end(callbacks):
        raise KeyboardInterrupt
    assert read(path)["reason"] == "stopped from the keyboard"


def test_patience_that_ends_a_training_finishes_it(model, tmp_path):
    path = tmp_path / "progress.json"
    early = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: setattr(model, "stop_training", True))
    model.fit(X, X, epochs=5, verbose=0, callbacks=[early, Progress(path, 1)])
    found = read(path)
    assert (found["state"], found["reason"]) == ("finished", "stopped early, after 1 of 5 epochs")


def test_a_full_disk_does_not_end_a_training(model, tmp_path, monkeypatch, capsys):
    path = tmp_path / "progress.json"

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("keras_gen.training.callbacks.progress.whole_file", full)
    model.fit(X, X, epochs=2, verbose=0, callbacks=[Progress(path, 1)])
    assert capsys.readouterr().out == f"{path} could not be saved: No space left on device. Training goes on.\n"
