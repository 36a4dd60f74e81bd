"""A training run from its options to the saved model, begun or resumed."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from keras_gen.cli.trackers import trackers_of
from keras_gen.cli.train_callbacks import training_callbacks
from keras_gen.cli.train_checks import check_data, check_execution, check_shares
from keras_gen.cli.train_data import TrainingData, found_out, open_training_data
from keras_gen.cli.train_model import fresh_model
from keras_gen.cli.train_options import TrainOptions
from keras_gen.cli.train_points import options_of_points
from keras_gen.cli.train_start import started_from, stood_on
from keras_gen.cli.watching import watch_callbacks
from keras_gen.cli.worker_input import worker_input
from keras_gen.data.fingerprint import fingerprint
from keras_gen.training.base import BaseModel
from keras_gen.training.callbacks import BestModel
from keras_gen.training.callbacks.ending import told_of_an_end
from keras_gen.training.config import model_defaults
from keras_gen.training.continuing import fit_from
from keras_gen.training.intake import require_pictures
from keras_gen.training.position import BEGINNING, Position
from keras_gen.training.run_directory import KnownData, RunDirectory
from keras_gen.training.strategies import open_strategy
from keras_gen.training.trackers import Tracker
from serving.common.files import whole_file
from serving.common.images import shown_text
from serving.common.points import is_point

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


@dataclass(frozen=True)
class Places:
    """Where a run is.

    Attributes:
        run: the run directory, which is read.
        written: where this process writes: the run directory, or for a worker that is not the chief a folder that is
            thrown away, since workers save together or not at all.
    """

    run: RunDirectory
    written: RunDirectory

    @property
    def chief(self) -> bool:
        """Whether this process writes the run directory."""
        return self.run is self.written

    def say(self, line: str) -> None:
        """Prints a line, once for all workers."""
        if self.chief:
            print(line)


class Start(NamedTuple):
    """A compiled model, and how far it is trained."""

    model: BaseModel
    position: Position

    def within(self, steps: int) -> Start:
        """The same; where the data has become so small that the epoch is over, the next one begins."""
        epochs, finished = self.position
        return self._replace(position=Position(epochs + 1)) if finished >= steps else self


def train(
    options: TrainOptions,
    cls: type[BaseModel],
    model_options: dict[str, Any],
    optimizers: dict[str, dict[str, Any]],
) -> Path:
    """Trains a model into its run directory, or resumes the run that is there.

    Args:
        options: what to train on, for how long, and where.
        cls: class of the model.
        model_options: constructor arguments of the model.
        optimizers: fields of an OptimizerSpec per optimizer argument of `compile`.

    Returns:
        The run directory.
    """
    trackers = trackers_of(options.watching.log)
    place = RunDirectory(options.run.out or Path("runs") / options.run.name)
    strategy, workers = open_strategy(options.execution.strategy, options.execution.worker_wait)
    config = {**options.flat(), "model": model_options, **optimizers}
    with strategy.scope():
        if workers.chief:
            return _train(options, cls, config, Places(place, place), trackers)
        with tempfile.TemporaryDirectory() as folder:
            return _train(options, cls, config, Places(place, RunDirectory(Path(folder) / "run")), [])


def _train(
    options: TrainOptions, cls: type[BaseModel], config: dict[str, Any], places: Places, trackers: list[Tracker]
) -> Path:
    data = open_training_data(options.data, options.run, cls)
    config = {**config, **found_out(options.data, data.options)}
    config["model"] = options_of_points(cls, options.run.name, config["model"], data.source)
    # Before the data is compared, which other options read in another way.
    places.run.check(config, model_defaults(cls))
    position, epochs = places.run.position(), options.run.epochs
    prints = {part: fingerprint(source) for part, source in data.parts().items()}
    if position != BEGINNING:
        data = _as_known(data, prints, places.run, options.data.data_changed == "accept")
    others = stood_on(cls, options.run.start_from, places.run, position != BEGINNING)
    model = fresh_model(cls, data, options, config, others)
    if position == BEGINNING and options.run.start_from is not None and not others:
        for line in started_from(model, Path(options.run.start_from)):
            places.say(line)
    unfinished = position.epochs < epochs
    best = (places.written.best_file, places.run.best_file)
    watching = watch_callbacks(model, data, options.watching, *best) if unfinished else []
    unfinished = unfinished and not any(
        isinstance(one, BestModel) and one.exhausted(position.epochs) for one in watching
    )
    data.batches(model, 0)  # names a batch that is larger than the data before the run begins
    check_execution(options.execution.steps_per_execution, data.steps(), options.checkpoints.checkpoint_steps)
    check_shares(model, options.data.batch_size, options.execution.accumulate)
    require_pictures(f"--data {options.data.data}", len(data.source), model.spec)
    validation = data.validation(model) if options.watching.validation else None
    places.written.claim(config, model_defaults(cls))
    start = _resumed(model, position, places, epochs)
    # A run of before data was remembered may number classes in another way.
    data = data.of_classes(start.model.spec.classes)
    start = start.within(data.steps())
    places.written.remember_data(KnownData(data.source.classes, prints))
    if unfinished:
        start.model.micro_batches = options.execution.accumulate
        places.say(_summary(options.run.name, data, start.model))
        callbacks = training_callbacks(start.model, data, places.written, options, watching, trackers, start.position)
        _fit(start, data, epochs, callbacks, validation, places)
    elif places.run.model_file.exists():
        places.say(f"{places.run.path}: already trained for {start.position.epochs} epochs")
        return places.run.path
    with whole_file(places.written.model_file) as temporary:
        start.model.save(temporary)
    places.say(f"run: {places.run.path}")
    return places.run.path


def _as_known(data: TrainingData, prints: dict[str, Any], run: RunDirectory, accept: bool) -> TrainingData:
    """The data with the classes that the run has.

    Raises:
        InputError: other data than the run was trained on, unless that is accepted.
    """
    known = run.known_data()
    check_data(run.path, known.parts, prints, accept)
    # A model that is told no class may go on with others; one that is says which one it does not know.
    return data.of_classes(known.classes) if set(data.source.classes) <= set(known.classes) else data


def _resumed(model: BaseModel, position: Position, places: Places, epochs: int) -> Start:
    """The model that was just made, or the one of the newest checkpoint."""
    if position == BEGINNING:
        return Start(model, position)
    start = Start(*places.run.resume())
    places.say(f"{places.run.path}: resuming after {start.position} of {epochs}")
    return start


def _summary(name: str, data: TrainingData, model: BaseModel) -> str:
    shape = data.image_shape()
    pictures = f"{data.summary()} of {'x'.join(map(str, shape))}"
    what = f"{data.source.name}: {len(data.source)} points" if is_point(shape) else pictures
    return f"{name} on {what}, {model.count_params():,} weights, {data.steps()} steps an epoch{_shown(shape)}"


def _shown(shape: tuple[int, int, int]) -> str:
    """What grids of the progress leave out."""
    text = "" if is_point(shape) else shown_text(shape[2])
    return text and f"; samples show{text.removeprefix(',')}"


def _fit(
    start: Start,
    data: TrainingData,
    epochs: int,
    callbacks: list[keras.callbacks.Callback],
    validation: tf.data.Dataset | None,
    places: Places,
) -> None:
    steps = data.steps()
    verbose = (1 if sys.stdout.isatty() else 2) if places.chief else 0

    def batches(place: Position) -> tf.data.Dataset:
        return worker_input(partial(data.batches, start.model, place.epochs * steps + place.steps))

    try:
        with told_of_an_end(callbacks):
            fit_from(start.position, start.model, batches, steps, epochs, callbacks, validation, verbose)
    except KeyboardInterrupt:
        at = places.run.position()
        raise KeyboardInterrupt(f"Run the same command again to resume {places.run.path} after {at}.") from None
