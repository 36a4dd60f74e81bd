"""TensorBoard's event files in the run directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf

from keras_gen.training.callbacks.scalars import EpochScalars
from keras_gen.training.trackers.tracker import Epoch, TrackedRun, Tracker
from serving.common.images import read_image


class TensorBoardTracker(Tracker):
    """Curves, pictures and alarms in `tensorboard/`. A resumed run continues in files of its own."""

    packages = ("tensorboard",)
    errors = (OSError, tf.errors.OpError)

    def open(self, run: TrackedRun) -> int:
        folder = run.folder / "tensorboard"
        self.scalars = EpochScalars(folder)
        self.samples = tf.summary.create_file_writer(str(folder / "samples"))
        return max(_steps(folder / "train"), default=0)

    def log(self, epoch: Epoch) -> None:
        with self.samples.as_default(step=epoch.number):
            if epoch.picture:
                tf.summary.image("samples", read_image(epoch.picture)[None])
            for line in epoch.alarms:
                tf.summary.text("alarms", line)
            self.samples.flush()
        # Last, since they say which epochs are there.
        self.scalars.on_epoch_end(epoch.number - 1, dict(epoch.figures))

    def close(self, reason: str | None) -> None:
        for writer in (self.samples, *self.scalars.writers.values()):
            writer.close()


def _steps(folder: Path) -> Iterator[int]:
    """The steps of all curves in a folder of event files."""
    for file in sorted(folder.glob("events.*")):
        try:
            for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
                event = tf.compat.v1.Event.FromString(record)
                if event.summary.value:
                    yield event.step
        except tf.errors.DataLossError:
            continue  # the last record of a training that was killed
