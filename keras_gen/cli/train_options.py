"""The options of a training run, in groups of what they are about; on the command line and in recipes they are flat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from keras_gen.data.examples import Frames, parse_size
from keras_gen.training.option_values import Better, DataChanged, Precision, StrategyName
from serving.common.errors import InputError, require_at_least
from serving.common.interpolation import Choice
from serving.common.levels import parse_value_range


@dataclass(frozen=True)
class RunOptions:
    """Which model is trained, for how long, and where to.

    Args:
        name: the model: one of the package, or my_module:MyModel for a class of your own.
        out: the run directory; run the same command again to resume it. runs/NAME by default.
        epochs: passes over the data. Raise it to train a finished run further.
        seed: seed of the weights, the order of the data and the training noise.
        start_from: run or .keras file, for a model that translates also an ONNX or safetensors file of any network, to
            take the weights from that training begins with, of layers of the same name
            and shape; random ones by default. For code_prior the vq_vae that it draws codes of.
        freeze: layers that keep the weights that training begins with, with commas between them, such as
            'discriminator/conv2d' or 'encoder/*'; none by default.
    """

    name: str
    out: str | None = None
    epochs: int = 30
    seed: int = 0
    start_from: str | None = None
    freeze: str | None = None

    def __post_init__(self) -> None:
        require_at_least(1, epochs=self.epochs)
        if not 0 <= self.seed < 2**63:
            raise InputError(f"`seed` must be at least 0 and below 2^63. Received: {self.seed}.")


@dataclass(frozen=True)
class DataOptions:
    """What a model is trained on.

    Args:
        data: the data set.
        target: a second, unlabelled data set, for models that adapt to one; given like --data.
        batch_size: pictures in a batch, over all devices.
        image_size: side of the pictures, or HEIGHTxWIDTH as in 64x256, of the target's too; the data's own size by
            default.
        channels: 1 for grey, 3 for RGB, 2 or 4 for opacity as one more channel; more, such as 13 spectral bands, if
            the data is arrays. The data's own by default, and transparent pictures on white.
        value_range: numbers in the data that become black and white: LOW,HIGH, or auto for the lowest and the highest
            of the training pictures, those of --data; full scale of 8 or 16 bits by default.
        frames: of picture files with several frames, such as animations: take the first, or all, each as a picture.
            Such a file is refused by default.
        interpolation: how pictures are resized: bicubic blends pixels, nearest keeps the colours of label maps. By
            default pictures of few colours are taken for label maps.
        interpolation_a: for models that translate: the same for domain A.
        interpolation_b: for models that translate: the same for domain B.
        load_size: for models that translate: resize pictures to this size, then train on random crops of --image-size,
            of a pair at the same place in both.
        mirror: for models that translate: flip pictures left to right at random, both of a pair alike.
        reverse: for models that translate: use the data's second domain as A.
        data_changed: what to do if a run that is resumed was trained on other data than is there now: refuse, or accept
            to continue on it with the same classes.
    """

    data: str
    target: str | None = None
    batch_size: int = 64
    image_size: int | str | None = None
    channels: int | None = None
    value_range: str | None = None
    frames: Frames | None = None
    interpolation: Choice | None = None
    interpolation_a: Choice | None = None
    interpolation_b: Choice | None = None
    load_size: int | str | None = None
    mirror: bool = False
    reverse: bool = False
    data_changed: DataChanged = "refuse"

    def __post_init__(self) -> None:
        require_at_least(1, batch_size=self.batch_size)
        parse_value_range(self.value_range)
        parse_size(self.image_size, "image_size")
        parse_size(self.load_size, "load_size")


@dataclass(frozen=True)
class ExecutionOptions:
    """How training steps are computed.

    Args:
        steps_per_execution: run callbacks every N training steps instead of after each, which is faster for tiny
            networks. It must divide the steps of an epoch and --checkpoint-steps.
        accumulate: split every batch into N micro-batches and add up their gradients, to need less memory. Batch
            statistics, as in batch normalization, are those of a micro-batch.
        strategy: devices to train on: one (none), all of this machine (mirrored), or those of the processes that
            TF_CONFIG names (multiworker); the first of them writes the run directory, which all must be able to read.
        worker_wait: with --strategy multiworker: seconds to wait for the other workers to start.
        precision: number format that networks compute in. Weights, losses and penalties stay float32. mixed_float16
            scales the loss and works on one device only.
        deterministic: use operations that give the same bits each time. On a GPU some of them are slower.
        profile: FIRST,LAST training steps of this call to record for TensorBoard's profiler; none by default.
    """

    steps_per_execution: int = 1
    accumulate: int = 1
    strategy: StrategyName = "none"
    worker_wait: float = 300.0
    precision: Precision = "float32"
    deterministic: bool = False
    profile: str | None = None

    def __post_init__(self) -> None:
        require_at_least(1, steps_per_execution=self.steps_per_execution, accumulate=self.accumulate)
        self.profiled_steps()

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


@dataclass(frozen=True)
class CheckpointOptions:
    """What a run is resumed from.

    Args:
        checkpoint_every: save a checkpoint every N epochs.
        checkpoint_steps: save one every N training steps within an epoch as well; not by default.
        checkpoint_minutes: save one every N minutes within an epoch as well; not by default.
        checkpoints_kept: keep the newest N checkpoints.
    """

    checkpoint_every: int = 1
    checkpoint_steps: int | None = None
    checkpoint_minutes: float | None = None
    checkpoints_kept: int = 2

    def __post_init__(self) -> None:
        require_at_least(1, checkpoint_every=self.checkpoint_every, checkpoints_kept=self.checkpoints_kept)
        require_at_least(1, checkpoint_steps=1 if self.checkpoint_steps is None else self.checkpoint_steps)
        if self.checkpoint_minutes is not None and not self.checkpoint_minutes > 0:
            raise InputError(f"`checkpoint_minutes` must be positive. Received: {self.checkpoint_minutes}.")


@dataclass(frozen=True)
class WatchingOptions:
    """What is measured and shown besides the training losses, and which model is kept.

    Args:
        validation: evaluate the model on the test split after every epoch; on the target's, where there is a target.
        pictures_every: write a grid of pictures every N epochs.
        alarms: measure 256 samples after every epoch and print a line when training goes wrong. On by default for
            adversarial models.
        watch_modes: classify these samples too, to see which classes the model draws. A classifier is trained on the
            labelled data first, once, which takes minutes.
        best: keep the model of the best epoch as best.keras, by this figure, for example val_loss or sample_diversity.
        best_mode: whether the lowest (min) or the highest (max) value of --best is the best.
        patience: stop after N epochs in which --best did not improve; never by default.
        frechet_every: measure the Fréchet distance of samples to training pictures every N epochs, in the features of
            the classifier of --watch-modes; of a model that translates, of its translations of test pictures of A to
            training pictures of B, in those of a classifier of B's labels, or of the two domains. Never by default.
        frechet_samples: number of samples, and of training pictures, for the Fréchet distance.
        film: keep small frames of samples, at most 60 and 2 MiB, of which export makes a film; of points also what the
            discriminator says of the plane, the generator's grid, gradients and divergences.
        log: what takes the figures of each epoch, with commas between names: csv, which is metrics.csv, tensorboard,
            wandb, mlflow, or my_module:MyTracker. metrics.csv is always written. wandb and mlflow write into the run
            directory, and send nothing unless WANDB_MODE or MLFLOW_TRACKING_URI is set.
    """

    validation: bool = False
    pictures_every: int = 1
    alarms: bool | None = None
    watch_modes: bool = False
    best: str | None = None
    best_mode: Better = "min"
    patience: int | None = None
    frechet_every: int | None = None
    frechet_samples: int = 2000
    film: bool = False
    log: str | list[str] = "csv,tensorboard"

    def __post_init__(self) -> None:
        require_at_least(1, pictures_every=self.pictures_every)
        require_at_least(1, frechet_every=1 if self.frechet_every is None else self.frechet_every)


@dataclass(frozen=True)
class TrainOptions:
    """All options of a run but those of the model and its optimizers."""

    run: RunOptions
    data: DataOptions
    execution: ExecutionOptions
    checkpoints: CheckpointOptions
    watching: WatchingOptions

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The groups of flat options, as the command line, recipes and a run's config.yaml have them."""
        groups = {
            group: {field.name: values[field.name] for field in fields(kind) if field.name in values}
            for group, kind in GROUPS.items()
        }
        return cls(**{group: GROUPS[group](**given) for group, given in groups.items()})

    def flat(self) -> dict[str, Any]:
        """The options of all groups, by name."""
        return {name: value for group in GROUPS for name, value in vars(getattr(self, group)).items()}


GROUPS: dict[str, type] = {
    "run": RunOptions,
    "data": DataOptions,
    "execution": ExecutionOptions,
    "checkpoints": CheckpointOptions,
    "watching": WatchingOptions,
}
