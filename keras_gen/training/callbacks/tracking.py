"""Epochs for experiment trackers, each once, however often training is resumed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from keras_gen.training.alarms import Alarm, alarms_in
from keras_gen.training.callbacks.ending import Ending
from keras_gen.training.run_files import EPOCH, flatten, picture_name, read_metrics
from keras_gen.training.trackers.tracker import Epoch, TrackedRun, Tracker
from serving.common.errors import InputError
from serving.common.files import whole_file

if TYPE_CHECKING:
    from keras_gen.training.run_directory import RunDirectory


class Tracking(keras.callbacks.Callback, Ending):
    """Gives trackers the epochs of a run: figures, pictures and alarms.

    What a tracker does not have yet, of the epochs before training begins here or of one that it could not be given, it
    gets from `metrics.csv` and `samples/`; an epoch that it has already, of a training that was killed before its next
    checkpoint, it is not given again. If a tracker fails, a line says so, training continues, and the epoch is given
    to it once more after the next one.

    Args:
        trackers: to give them to.
        folder: the run directory, with a `config.yaml`.
        first_epoch: number of epochs that are already finished.
        alarms: which the trackers are told of.
    """

    def __init__(
        self, trackers: Sequence[Tracker], folder: str | Path, first_epoch: int = 0, alarms: Sequence[Alarm] = ()
    ) -> None:
        # Which imports the callbacks itself.
        from keras_gen.training.run_directory import RunDirectory

        super().__init__()
        self.trackers = trackers
        self.directory = RunDirectory(folder)
        self.alarms = alarms
        self.rows = [row for row in read_metrics(self.directory.metrics_file) if row[EPOCH] <= first_epoch]
        self.last: dict[Tracker, int] = {}
        self.failing: set[Tracker] = set()

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if self.last or not self.trackers:
            return
        run = tracked_run(self.directory)
        for tracker in self.trackers:
            try:
                self.last[tracker] = tracker.open(run)
            except tracker.errors as error:
                raise InputError(
                    f"`log` must name a tracker that can be reached. Received: {_in_a_line(error)}"
                ) from error
            if place := tracker.place():
                print(place, flush=True)
        self._give()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.rows.append({EPOCH: epoch + 1, **{name: float(value) for name, value in (logs or {}).items()}})
        self._give()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        # The rest of an epoch that was interrupted is a `fit` of its own.
        if self.model.stop_training or (self.rows and self.rows[-1][EPOCH] == self.params["epochs"]):
            self._close(None)

    def stopped(self, reason: str) -> None:
        self._close(reason)

    def _give(self) -> None:
        lines: dict[int, list[str]] = {}
        for one in alarms_in(self.rows, self.alarms):
            lines.setdefault(one.epoch, []).append(str(one))
        for tracker, last in self.last.items():
            for row in self.rows:
                if row[EPOCH] > last and not self._logged(tracker, row, lines):
                    break

    def _logged(self, tracker: Tracker, row: Mapping[str, float], lines: Mapping[int, Sequence[str]]) -> bool:
        number = int(row[EPOCH])
        figures = {name: value for name, value in row.items() if name != EPOCH}
        epoch = Epoch(number, figures, self._picture(number), tuple(lines.get(number, ())))
        done = self._tried(tracker, lambda: tracker.log(epoch))
        if done:
            self.last[tracker] = number
        return done

    def _picture(self, epoch: int) -> Path | None:
        file = self.directory.samples / picture_name(epoch)
        return file if file.is_file() else None

    def _close(self, reason: str | None) -> None:
        for tracker in self.last:
            self._tried(tracker, lambda tracker=tracker: tracker.close(reason))
        self.last = {}

    def _tried(self, tracker: Tracker, work: Any) -> bool:
        """Whether it could be done; a line is printed for the first of several failures."""
        try:
            work()
        except tracker.errors as error:
            if tracker not in self.failing:
                print(f"{type(tracker).__name__} failed: {_in_a_line(error)}. Training goes on.", flush=True)
            self.failing.add(tracker)
            return False
        self.failing.discard(tracker)
        return True


def _in_a_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def tracked_run(directory: RunDirectory) -> TrackedRun:
    """What trackers know a run by; the id is made once and stays in its `trackers.json`.

    Raises:
        InputError: the file is damaged.
    """
    file = directory.trackers_file
    if not file.is_file():
        with whole_file(file) as temporary:
            temporary.write_text(json.dumps({"id": secrets.token_hex(8)}) + "\n", encoding="utf-8")
    try:
        name = str(json.loads(file.read_text(encoding="utf-8"))["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{file} must hold an id; delete it to begin a new run in the trackers. Received: {type(error).__name__}."
        ) from error
    # Which imports the callbacks itself.
    from keras_gen.training.run_directory import versions

    made_with = {f"versions.{package}": number for package, number in versions().items()}
    config = dict(flatten(directory.config())) | made_with
    return TrackedRun(directory.path, directory.path.resolve().name, name, config, directory.config_file)
