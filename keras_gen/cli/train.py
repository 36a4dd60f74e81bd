"""`keras-gen train NAME --data SOURCE ...`, or `keras-gen train --recipe FILE`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from keras_gen.cli.choices import show_choices
from keras_gen.cli.own_code import import_own_code
from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import
from keras_gen.cli.recipe_files import with_name
from keras_gen.cli.train_data import TrainingData, open_training_data
from keras_gen.cli.watching import watch_callbacks
from keras_gen.data.shares import worker_input
from keras_gen.training.option_values import Better, Precision, StrategyName
from serving.common.errors import InputError, require_at_least
from serving.common.files import whole_file
from serving.common.images import to_float

# Pictures in the grid of an epoch, and how many of those larger than SMALL pixels.
PREVIEW, FEW, SMALL = 64, 8, 4096
# Taken from the data and the run, so that they cannot contradict them.
GIVEN_BY_RUN = {"image_shape", "classes", "seed"}


@dataclass
class TrainOptions:
    """Options of a training run.

    Args:
        name: the model.
        data: digits, tfds:NAME[/CONFIG], folder:PATH, npz:PATH, idx:PATH, usps:PATH, stacked:SOURCE or
            prepared:FOLDER; for models that translate pairs:PATH, pairs:PATH_A,PATH_B, unpaired:PATH,
            unpaired:PATH_A,PATH_B, tfds:cycle_gan/NAME, edges:SOURCE, textured:SOURCE or prepared:FOLDER.
        target: a second, unlabelled domain, for models that adapt to one; named like the data.
        out: the run directory; the same command again continues it. runs/NAME by default.
        epochs: passes over the data; may be raised to continue a finished run.
        batch_size: pictures in a step.
        seed: seed of the weights, the order of the data and the training noise.
        image_size: side of the pictures, of the target's too; the data's own by default.
        channels: 1 for grey, 3 for RGB; the data's own by default.
        load_size: for models that translate: side that pictures are brought to, of which a random square of
            `image_size` is taken, of both of a pair at the same place.
        mirror: for models that translate: every second picture left to right, drawn at random, both of a pair alike.
        reverse: for models that translate: take the data's second domain for A.
        steps_per_execution: steps between two looks at what happens around them, which pays for tiny networks; it must
            divide the steps of an epoch and those between checkpoints.
        accumulate: parts that every move computes its batch in, one after the other, to need less memory; statistics of
            a batch, as in batch normalization, are those of a part.
        profile: FIRST,LAST steps of this call to record for TensorBoard's profiler; none by default.
        strategy: none; mirrored, all devices of this machine; multiworker, the processes that TF_CONFIG names, of which
            the first one writes the run directory, which all must see.
        worker_wait: seconds that another worker may take to come up.
        precision: what networks compute in: float32, mixed_bfloat16 or mixed_float16; weights, losses and penalties are
            float32 in any case. float16 scales the losses and is for one device.
        deterministic: let every operation give the same bits each time, on a GPU too, where some are slower for it.
        validation: evaluate after every epoch on the test split of the data, or of the target where there is one.
        checkpoint_every: epochs between two checkpoints.
        checkpoint_steps: steps between two checkpoints within an epoch; none by default.
        checkpoint_minutes: minutes between two checkpoints within an epoch; none by default.
        checkpoints_kept: how many of the newest checkpoints stay.
        pictures_every: epochs between two picture grids.
        alarms: measure 256 samples after every epoch, and say when training goes wrong; by default for adversarial
            models.
        watch_modes: measure the classes of those samples too, by a classifier of the labelled data, which takes
            minutes to train, once.
        best: keep the model of the epoch that is best by this figure, as in val_loss or sample_diversity, as
            best.keras.
        best_mode: which is better, min or max.
        patience: epochs without a better value of that figure after which training ends; none by default.
        frechet_every: epochs between two Fréchet distances of samples to training pictures, in the features of that
            classifier; none by default.
        frechet_samples: samples for it, and training pictures.
    """

    name: str
    data: str
    target: str | None = None
    out: str | None = None
    epochs: int = 30
    batch_size: int = 64
    seed: int = 0
    image_size: int | None = None
    channels: int | None = None
    load_size: int | None = None
    mirror: bool = False
    reverse: bool = False
    steps_per_execution: int = 1
    accumulate: int = 1
    profile: str | None = None
    strategy: StrategyName = "none"
    worker_wait: float = 300.0
    precision: Precision = "float32"
    deterministic: bool = False
    validation: bool = False
    checkpoint_every: int = 1
    checkpoint_steps: int | None = None
    checkpoint_minutes: float | None = None
    checkpoints_kept: int = 2
    pictures_every: int = 1
    alarms: bool | None = None
    watch_modes: bool = False
    best: str | None = None
    best_mode: Better = "min"
    patience: int | None = None
    frechet_every: int | None = None
    frechet_samples: int = 2000

    def __post_init__(self) -> None:
        require_at_least(1, epochs=self.epochs, batch_size=self.batch_size)
        require_at_least(1, checkpoint_every=self.checkpoint_every, pictures_every=self.pictures_every)
        require_at_least(1, checkpoints_kept=self.checkpoints_kept)
        require_at_least(1, checkpoint_steps=1 if self.checkpoint_steps is None else self.checkpoint_steps)
        if self.checkpoint_minutes is not None and not self.checkpoint_minutes > 0:
            raise InputError(f"`checkpoint_minutes` must be positive. Received: {self.checkpoint_minutes}.")
        require_at_least(1, frechet_every=1 if self.frechet_every is None else self.frechet_every)
        require_at_least(1, steps_per_execution=self.steps_per_execution, accumulate=self.accumulate)
        self.profiled_steps()
        if not 0 <= self.seed < 2**63:
            raise InputError(f"`seed` must be at least 0 and below 2^63. Received: {self.seed}.")

    def profiled_steps(self) -> tuple[int, int] | None:
        """First and last step to record.

        Raises:
            InputError: they are no such numbers.
        """
        if self.profile is None:
            return None
        first, _, last = self.profile.partition(",")
        if not (first.isdigit() and last.isdigit() and 1 <= int(first) <= int(last)):
            raise InputError(f"--profile must be FIRST,LAST, as in 10,20. Received: {self.profile}.")
        return int(first), int(last)


def run(words: Sequence[str]) -> int:
    """Trains as the command line says."""
    quiet_import()
    if list(words) in (["-h"], ["--help"]):
        from keras_gen.models import model_names

        print("usage: keras-gen train NAME --data SOURCE ...\n       keras-gen train --recipe FILE ...\n")
        print(f"models: {', '.join(model_names())}; keras-gen train NAME --help lists the options of one.")
        return 0
    parse_and_train(words)
    return 0


def parse_and_train(words: Sequence[str]) -> Path:
    """Trains what the words of the command line, or the recipe they name, ask for; returns the run directory."""
    words, recipe = with_name(list(words))
    from keras_gen.models import model_class

    cls = model_class(words[words.index("--name") + 1])
    config = _parser(cls).parse_args(words).as_dict()
    config.pop("recipe", None)
    if config["out"] is None:
        config["out"] = str(Path("runs") / (recipe or config["name"]))
    model_options = config.pop("model")
    optimizers = {key: config.pop(key) for key in cls.default_optimizers}
    import_own_code(cls, model_options, optimizers)
    return train(TrainOptions(**config), model_options, optimizers)


def train(options: TrainOptions, model_options: dict[str, Any], optimizers: dict[str, dict[str, Any]]) -> Path:
    """Trains a model into its run directory, or continues there.

    Args:
        options: what to train on, for how long, and where.
        model_options: constructor arguments of the model.
        optimizers: fields of an OptimizerSpec per optimizer argument of `compile`.

    Returns:
        The run directory.
    """
    from keras_gen.training.run_directory import RunDirectory
    from keras_gen.training.strategies import open_strategy

    place = RunDirectory(options.out or Path("runs") / options.name)
    strategy, workers = open_strategy(options.strategy, options.worker_wait)
    config = {**vars(options), "model": model_options, **optimizers}
    with strategy.scope():
        if workers.chief:
            return _train(options, config, place, place)
        # Workers save together or not at all: what the others would write is thrown away.
        with tempfile.TemporaryDirectory() as folder:
            return _train(options, config, place, RunDirectory(Path(folder) / "run"))


def _train(options: TrainOptions, config: dict[str, Any], place: Any, directory: Any) -> Path:
    """Trains from where the run `place` is, and writes into `directory`, which is the same for the chief."""
    from keras_gen.models import model_class
    from keras_gen.training.callbacks import BestModel
    from keras_gen.training.position import BEGINNING

    data = open_training_data(options, model_class(options.name))
    model = _fresh_model(options, data, config)
    position = place.position()
    unfinished = position.epochs < options.epochs
    best = (directory.best_file, place.best_file)
    watching = watch_callbacks(model, data.source, options, *best) if unfinished else []
    unfinished = unfinished and not any(
        isinstance(one, BestModel) and one.exhausted(position.epochs) for one in watching
    )
    data.batches(model, 0)  # names a batch that is larger than the data before the run begins
    _check_execution(options, data)
    _check_shares(options, model)
    validation = data.validation(model) if options.validation else None
    directory.claim(config)
    say = print if directory is place else _say_nothing
    if position > BEGINNING:
        model, position = place.resume()
        say(f"{place.path}: continuing after {position} of {options.epochs}")
    if unfinished:
        model.micro_batches = options.accumulate
        say(_summary(options, data, model))
        callbacks = _callbacks(model, data, directory, options, watching, position)
        _fit(position, model, data, options, callbacks, validation, place, directory is place)
    elif place.model_file.exists():
        say(f"{place.path}: already trained for {position.epochs} epochs")
        return place.path
    with whole_file(directory.model_file) as temporary:
        model.save(temporary)
    say(f"run: {place.path}")
    return place.path


def _check_execution(options: TrainOptions, data: TrainingData) -> None:
    """Raises InputError where an epoch or a checkpoint would end within what is executed at once."""
    at_once = options.steps_per_execution
    for what, steps in (("an epoch", data.steps()), ("--checkpoint_steps", options.checkpoint_steps or 0)):
        if steps % at_once:
            raise InputError(f"--steps_per_execution must divide the steps of {what}, {steps}. Received: {at_once}.")


def _check_shares(options: TrainOptions, model: Any) -> None:
    """Raises InputError where the batch cannot be shared out evenly among replicas, micro-batches and turns."""
    replicas = model.distribute_strategy.num_replicas_in_sync
    turns = model.spec.discriminator_steps
    shares = replicas * options.accumulate * (turns if options.accumulate > 1 else 1)
    most = model.spec.largest_batch
    if most is not None and options.batch_size // options.accumulate > most:
        raise InputError(
            f"--batch_size must be at most {most}, which the pools of pictures hold: see --model.pool_size. "
            f"Received: {options.batch_size}."
        )
    if options.batch_size % shares:
        raise InputError(
            f"--batch_size must be a multiple of {shares}, for {replicas} replicas, "
            f"--accumulate {options.accumulate} and {turns} moves of the discriminator in a step. "
            f"Received: {options.batch_size}."
        )


def _say_nothing(line: str) -> None:
    """What a worker says that is not the chief."""


def _summary(options: TrainOptions, data: TrainingData, model: Any) -> str:
    return (
        f"{options.name} on {data.summary()} of {'x'.join(map(str, data.image_shape()))}, "
        f"{model.count_params():,} weights, {data.steps()} steps an epoch"
    )


def _fit(
    position: Any,
    model: Any,
    data: TrainingData,
    options: TrainOptions,
    callbacks: list[Any],
    validation: Any,
    place: Any,
    chief: bool,
) -> None:
    from keras_gen.training.continuing import fit_from

    steps = data.steps()
    verbose = (1 if sys.stdout.isatty() else 2) if chief else 0
    try:
        fit_from(
            position,
            model,
            lambda place: worker_input(partial(data.batches, model, place.epochs * steps + place.steps)),
            steps,
            options.epochs,
            callbacks,
            validation,
            verbose,
        )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"The same command continues {place.path} after {place.position()}.") from None


def _fresh_model(
    options: TrainOptions,
    data: TrainingData,
    config: dict[str, Any],
) -> Any:
    import keras

    from keras_gen.models import model_class
    from keras_gen.training.config import constructor_options
    from keras_gen.training.optimizers import OptimizerSpec

    keras.utils.set_random_seed(options.seed % 2**32)
    if options.deterministic:
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    cls = model_class(options.name)
    source = data.source
    if cls.spec.labelled and source.examples.labels is None:
        raise InputError(
            f"{source.name} must have labels for {options.name!r}, which is told the class. Received: pictures alone."
        )
    given = {"image_shape": data.image_shape(), "classes": source.classes, "seed": options.seed}
    options_of_model = constructor_options(cls)
    known = {name: value for name, value in given.items() if name in options_of_model}
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(options.precision)
    try:
        model = cls(**known, **config["model"])
    finally:
        keras.config.set_dtype_policy(before)
    built = {key: OptimizerSpec(**config[key]).build() for key in cls.default_optimizers}
    model.compile(**built, steps_per_execution=options.steps_per_execution)
    model.micro_batches = options.accumulate
    return model


def _callbacks(
    model: Any, data: TrainingData, directory: Any, options: TrainOptions, watching: list[Any], position: Any
) -> list[Any]:
    from keras_gen.training.callbacks import Checkpoints, EpochScalars, FiniteLosses, MetricsFile, PictureGrid, Profile

    height, width, _ = data.image_shape()
    count = PREVIEW if height * width <= SMALL else FEW
    examples = to_float(data.shown.examples.images[:count, :height, :width])
    profiled = options.profiled_steps()
    return [
        *([Profile(directory.tensorboard, *profiled)] if profiled else []),
        FiniteLosses(position),
        *watching,
        EpochScalars(directory.tensorboard),
        PictureGrid(
            lambda: model.preview(examples, options.seed),
            directory.samples,
            directory.tensorboard / "samples",
            options.pictures_every,
        ),
        MetricsFile(directory.metrics_file, position.epochs),
        Checkpoints(
            directory.checkpoints,
            options.checkpoint_every,
            options.checkpoint_steps,
            options.checkpoint_minutes,
            options.checkpoints_kept,
            position,
        ),
    ]


def _parser(cls: type) -> Parser:
    """Options of a run, of the model from its constructor, and of each of its optimizers."""
    import jsonargparse

    from keras_gen.training.optimizers import OptimizerSpec

    parser = Parser("keras-gen train", description=(cls.__doc__ or "").partition("\n")[0])
    parser.add_argument("--recipe", action=jsonargparse.ActionConfigFile, help="YAML file with these options.")
    parser.add_class_arguments(TrainOptions, as_group=False)
    parser.add_class_arguments(cls, "model", skip=GIVEN_BY_RUN, instantiate=False)
    for key, default in cls.default_optimizers.items():  # type: ignore[attr-defined]
        parser.add_class_arguments(OptimizerSpec, key, instantiate=False, default=default)
    show_choices(parser, cls)
    return parser
