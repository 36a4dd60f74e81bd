"""Trackers get every epoch once: the real packages, in the modes that need no network."""

from __future__ import annotations

import importlib.util
import json
import struct
from collections import Counter

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_gen.training.alarms import Alarm
from keras_gen.training.callbacks import EpochFigures, MetricsFile, PictureGrid, Tracking
from keras_gen.training.run_directory import RunDirectory, versions
from keras_gen.training.trackers import TRACKERS, Epoch, Tracker
from serving import InputError

X = np.ones((8, 1), np.float32)
CONFIG = {"name": "gan", "seed": 7, "epochs": 6, "model": {"latent_dim": 2}}
ALARM = Alarm("diversity", "<", 0.5, "samples resemble each other")
DIVERSITY = {1: 0.9, 2: 0.4, 3: 0.3, 4: float("nan"), 5: 0.9, 6: 0.2}


class Told(Tracker):
    """Keeps what it is told, as a server would while trainings come and go."""

    def __init__(self) -> None:
        self.epochs: list[Epoch] = []
        self.runs: list = []
        self.ends: list[str | None] = []
        self.down = 0

    def open(self, run):
        self.runs.append(run)
        return max((epoch.number for epoch in self.epochs), default=0)

    def log(self, epoch):
        if self.down:
            self.down -= 1
            raise ConnectionError("down for a moment")
        self.epochs.append(epoch)

    def close(self, reason):
        self.ends.append(reason)


class KilledError(Exception):
    pass


class Kill(keras.callbacks.Callback):
    """Ends a training as a kill does: nobody is told."""

    def __init__(self, after):
        super().__init__()
        self.after = after

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 == self.after:
            raise KilledError


@pytest.fixture
def directory(tmp_path):
    found = RunDirectory(tmp_path / "run")
    found.claim(CONFIG)
    return found


def train(directory, trackers, first=0, last=6, killed=None):
    """As `keras-gen train` does, from the epochs of a checkpoint on; the loss of an epoch is always the same."""
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    network.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
    network.set_weights([np.ones((1, 1), np.float32)])
    number = [first]

    def diversity(_):
        number[0] += 1
        return {"diversity": DIVERSITY[number[0]], "val_diversity": 1.0}

    tracking = Tracking(trackers, directory.path, first, (ALARM,))
    callbacks = [
        EpochFigures(diversity),
        PictureGrid(lambda: np.zeros((4, 8, 8, 1)), directory.samples, every=2),
        MetricsFile(directory.metrics_file, first),
        tracking,
        *([Kill(killed)] if killed else []),
    ]
    try:
        network.fit(X, X, initial_epoch=first, epochs=last, verbose=0, callbacks=callbacks)
    except KilledError:
        return


class TestTracking:
    def test_a_killed_training_leaves_neither_gaps_nor_doubles(self, directory):
        told, late = Told(), Told()
        train(directory, [told], killed=5)  # its last checkpoint was that of epoch 3
        train(directory, [told, late], first=3)
        for tracker in (told, late):
            assert [epoch.number for epoch in tracker.epochs] == [1, 2, 3, 4, 5, 6]
            assert [bool(epoch.picture) for epoch in tracker.epochs] == [False, True] * 3
            assert [len(epoch.alarms) for epoch in tracker.epochs] == [0, 1, 0, 0, 0, 1]
            assert tracker.epochs[4].figures["diversity"] == 0.9
            assert tracker.ends == [None]
        assert len({run.id for run in (*told.runs, *late.runs)}) == 1
        assert told.runs[0].config["model.latent_dim"] == 2
        assert told.runs[0].config["versions.tensorflow"] == versions()["tensorflow"]

    def test_what_could_not_be_told_is_told_later(self, directory, capsys):
        told = Told()
        told.down = 2
        train(directory, [told], last=4)
        assert [epoch.number for epoch in told.epochs] == [1, 2, 3, 4]
        assert capsys.readouterr().out == "Told failed: ConnectionError: down for a moment. Training goes on.\n"

    def test_a_tracker_that_cannot_be_opened_is_said_before_training(self, directory):
        class Away(Told):
            def open(self, run):
                raise ConnectionError("no such host")

        with pytest.raises(InputError, match=r"`log` must name a tracker that can be reached\. Received: Connection"):
            train(directory, [Away()])
        assert not directory.metrics_file.exists()

    def test_an_id_that_is_damaged_is_named(self, directory):
        directory.trackers_file.write_text("{}")
        with pytest.raises(InputError, match="must hold an id; delete it"):
            train(directory, [Told()])


def curves(folder):
    """Values by name and step of all event files in a folder; a step that comes twice counts twice."""
    found = Counter()
    for file in sorted(folder.glob("events*")):
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            event = tf.compat.v1.Event.FromString(record)
            found.update((value.tag, event.step) for value in event.summary.value)
    return found


def test_tensorboard_has_every_epoch_once_in_all_its_files(directory):
    train(directory, [TRACKERS["tensorboard"]()], killed=5)
    (file,) = (directory.tensorboard / "train").glob("events*")
    with file.open("ab") as killed:
        killed.write(b"\x20\0\0\0")  # a record of which no more was written
    train(directory, [TRACKERS["tensorboard"]()], first=3)
    (folder,) = {path.parent for path in (directory.tensorboard / "train").glob("events*")}
    file.write_bytes(file.read_bytes()[:-4])
    expected = Counter((name, epoch) for name in ("diversity", "loss") for epoch in range(1, 7))
    assert curves(folder) == expected
    assert curves(directory.tensorboard / "validation") == Counter(("diversity", epoch) for epoch in range(1, 7))
    pictures = Counter({("samples", 2): 1, ("samples", 4): 1, ("samples", 6): 1})
    told = Counter({("alarms", 2): 1, ("alarms", 6): 1})
    samples = curves(directory.tensorboard / "samples")
    assert samples == pictures + told


def wandb_records(run):
    """The records of an offline run, whose file is a log of LevelDB behind a header of 7 bytes."""
    from wandb.proto import wandb_internal_pb2

    (file,) = run.glob("*.wandb")
    data, at, whole = file.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if (left := 32768 - at % 32768) < 7:
            at += left
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + 7])
        whole += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            record, whole = wandb_internal_pb2.Record.FromString(whole), b""
            yield record


@pytest.mark.skipif(importlib.util.find_spec("wandb") is None, reason="needs the package wandb: make test-trackers")
def test_wandb_writes_a_whole_run_into_the_run_directory_and_sends_nothing(directory, monkeypatch):
    for name in ("WANDB_MODE", "WANDB_PROJECT", "WANDB_DIR"):
        monkeypatch.delenv(name, raising=False)
    first = TRACKERS["wandb"]()
    train(directory, [first], last=3, killed=2)
    first.run.finish()  # the process would have ended
    train(directory, [TRACKERS["wandb"]()], first=1)
    (run,) = (directory.path / "wandb").glob("offline-run-*")
    records = list(wandb_records(run))
    kinds = Counter(record.WhichOneof("record_type") for record in records)
    history = [
        {".".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
        for record in records
        if record.WhichOneof("record_type") == "history"
    ]
    assert [row["_step"] for row in history] == [1, 2, 3, 4, 5, 6]
    assert [row["diversity"] for row in history][:3] == [0.9, 0.4, 0.3]
    assert len(list((run / "files" / "media" / "images").glob("samples_*.png"))) == 3
    assert kinds["alert"] == 2
    (described,) = [record.run for record in records if record.WhichOneof("record_type") == "run"]
    config = {item.key: json.loads(item.value_json) for item in described.config.update}
    assert (config["seed"], config["versions.keras"]) == (7, keras.__version__)
    assert described.run_id == json.loads(directory.trackers_file.read_text())["id"]
    # Neither packages, code, nor what the machine does.
    assert {"stats", "output", "output_raw", "environment"}.isdisjoint(kinds)
    assert [file.name for file in (run / "files").iterdir()] == ["media"]


@pytest.mark.skipif(importlib.util.find_spec("mlflow") is None, reason="needs the package mlflow: make test-trackers")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_mlflow_keeps_a_run_in_the_run_directory(directory, monkeypatch):
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    train(directory, [TRACKERS["mlflow"]()], killed=5)
    directory.claim({**CONFIG, "epochs": 7})
    train(directory, [TRACKERS["mlflow"]()], first=3)
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{directory.path / 'mlflow' / 'mlflow.db'}")
    (run,) = client.search_runs([client.get_experiment_by_name("keras-gen").experiment_id])
    points = client.get_metric_history(run.info.run_id, "diversity")
    assert [point.step for point in points] == [1, 2, 3, 4, 5, 6]
    assert [point.value for point in points][:3] == [0.9, 0.4, 0.3]
    assert (run.info.status, run.info.run_name) == ("FINISHED", "run")
    assert (run.data.params["seed"], run.data.params["model.latent_dim"]) == ("7", "2")
    assert run.data.params["versions.keras"] == keras.__version__
    artifacts = directory.path / "mlflow" / "artifacts" / run.info.run_id / "artifacts"
    assert {file.name for file in (artifacts / "samples").iterdir()} == {f"epoch_000{n}.png" for n in (2, 4, 6)}
    assert (artifacts / "alarms" / "epoch_0002.txt").read_text().startswith("alarm after epoch 2: diversity is 0.4")
    assert "epochs: 7" in (artifacts / "config.yaml").read_text()
