"""The folder of a training run, from which it is resumed."""

from __future__ import annotations

import importlib
import json
import platform
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import keras
import yaml

from keras_gen.training.callbacks.checkpoints import list_checkpoints, position_of
from keras_gen.training.fitted_prior import read_prior
from keras_gen.training.position import BEGINNING, Position
from keras_gen.training.run_files import CONFIG, METRICS, MODEL, PROGRESS, SAMPLES, TRACKERS, flatten
from serving.common.errors import InputError
from serving.common.files import whole_file

# What has no part in the weights.
MAY_CHANGE = (
    "out",
    "epochs",
    "alarms",
    "watch_modes",
    "best",
    "best_mode",
    "patience",
    "frechet_every",
    "frechet_samples",
    "film",
    "log",
    "checkpoint_every",
    "checkpoint_steps",
    "checkpoint_minutes",
    "checkpoints_kept",
    "profile",
    # The same numbers, but for the rounding of sums.
    "strategy",
    "worker_wait",
    # The data itself is compared by its fingerprint.
    "data_changed",
)
PACKAGES = ("keras-gen", "tensorflow", "keras", "numpy")


class KnownData(NamedTuple):
    """What a run was trained on.

    Attributes:
        classes: names in the order of the labels; empty without labels.
        parts: fingerprints of the pictures, by what they were for.
    """

    classes: tuple[str, ...]
    parts: dict[str, dict[str, Any]]


class RunDirectory:
    """Paths of a run, its configuration and its checkpoints.

    Args:
        path: the folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.config_file = self.path / CONFIG
        self.data_file = self.path / "data.json"
        self.metrics_file = self.path / METRICS
        self.samples = self.path / SAMPLES
        self.film = self.path / "film"
        self.tensorboard = self.path / "tensorboard"
        self.checkpoints = self.path / "checkpoints"
        self.model_file = self.path / MODEL
        self.best_file = self.path / "best.keras"
        self.progress_file = self.path / PROGRESS
        self.trackers_file = self.path / TRACKERS

    def claim(self, config: dict[str, Any], defaults: Mapping[str, Any] | None = None) -> None:
        """Starts a run with `config` here, or checks that the run that is here has the same configuration.

        Args:
            config: of the run.
            defaults: as `check` takes them.

        Raises:
            InputError: the path holds something else, or a run with another configuration.
        """
        if self.config_file.is_file():
            self.check(config, defaults)
        elif self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            raise InputError(f"--out must be a new folder or a run. Received: {self.path}, which is neither.")
        # The number of epochs may have been raised.
        with whole_file(self.config_file) as temporary:
            temporary.write_text(_versions() + yaml.safe_dump(config, sort_keys=False), encoding="utf-8")

    def check(self, config: dict[str, Any], defaults: Mapping[str, Any] | None = None) -> None:
        """Raises InputError where a run is here that has another configuration.

        Args:
            config: to compare it with.
            defaults: of options, by the name that they have in a flat configuration, which a run that is older than an
                option was trained with.
        """
        if not self.config_file.is_file():
            return
        now = dict(flatten(config))
        of_older = {key: value for key, value in (defaults or {}).items() if key in now}
        before = of_older | dict(flatten(self.config()))
        for key in [*before, *(key for key in now if key not in before)]:
            if key not in MAY_CHANGE and before.get(key) != now.get(key):
                raise InputError(
                    f"{self.path} holds a run with another configuration; choose another --out. Expected: "
                    f"{key}={before.get(key)} ({CONFIG}). Received: {key}={now.get(key)}."
                )

    def config(self) -> dict[str, Any]:
        """What `claim` wrote.

        Raises:
            InputError: the folder is not a run.
        """
        if not self.config_file.is_file():
            what = "a folder without one" if self.path.is_dir() else "no such folder"
            raise InputError(f"{self.path} must be a run with a {CONFIG}. Received: {what}.")
        try:
            config = yaml.safe_load(self.config_file.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise InputError(f"{self.config_file} must be YAML. Received: {' '.join(str(error).split())}") from error
        if not isinstance(config, dict):
            raise InputError(f"{self.config_file} must hold options. Received: {type(config).__name__}.")
        return config

    def known_data(self) -> KnownData:
        """What the run was trained on; nothing if it is of before that was kept.

        Raises:
            InputError: the file is damaged.
        """
        if not self.data_file.is_file():
            return KnownData((), {})
        try:
            found = json.loads(self.data_file.read_text(encoding="utf-8"))
            return KnownData(tuple(found["classes"]), {name: dict(of) for name, of in found["parts"].items()})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            received = f"{type(error).__name__}: {error}"
            raise InputError(
                f"{self.data_file} must be as `keras-gen train` wrote it. Received: {received}."
            ) from error

    def remember_data(self, known: KnownData) -> None:
        """Keeps what `known_data` gives."""
        with whole_file(self.data_file) as temporary:
            temporary.write_text(json.dumps(known._asdict(), indent=2) + "\n", encoding="utf-8")

    def position(self) -> Position:
        """Where the newest checkpoint is."""
        found = list_checkpoints(self.checkpoints)
        return position_of(found[-1]) if found else BEGINNING

    def load_model(self, with_prior: bool = True) -> keras.Model:
        """The model as the newest checkpoint has it, compiled, with its optimizers' state, and with the prior that was
        fitted to it.

        Args:
            with_prior: False leaves out the prior.

        Raises:
            InputError: no run, one without a checkpoint yet, or one with a prior of other weights.
        """
        self.config()
        if not list_checkpoints(self.checkpoints):
            raise InputError(f"{self.path} must have a checkpoint. Received: a run that has saved none yet.")
        model = self.resume()[0]
        if with_prior and (prior := read_prior(self.path, model)):
            model.use_prior(prior)
        return model

    def resume(self) -> tuple[keras.Model, Position]:
        """The model of the newest checkpoint that can be read, and where training was; a line is printed for each that
        cannot.

        Raises:
            InputError: none can be read; the message is about the newest.
        """
        first: InputError | None = None
        for checkpoint in reversed(list_checkpoints(self.checkpoints)):
            try:
                model = load_model_file(checkpoint)
            except InputError as error:
                first = first or error
                print(f"{checkpoint} cannot be read; the one before is taken.", flush=True)
                continue
            return model, position_of(checkpoint)
        assert first is not None, "called where there are checkpoints"
        raise first


def open_model(place: Path) -> keras.Model:
    """The model of a run directory, or of a `.keras` file.

    Raises:
        InputError: as `RunDirectory.load_model` and `load_model_file`.
    """
    return load_model_file(place) if place.suffix == ".keras" else RunDirectory(place).load_model()


def load_model_file(path: Path) -> keras.Model:
    """A model from a `.keras` file; nothing in it is executed.

    Raises:
        InputError: no such file, or not a model of this project.
    """
    if not path.is_file():
        raise InputError(f"{path} must be a .keras file. Received: no such file.")
    importlib.import_module("keras_gen.models")  # Keras knows registered classes once they are imported
    _check_known(path)
    try:
        return keras.saving.load_model(path)
    except InputError as error:  # a constructor's, as of a loss that is not registered
        raise InputError(f"{path} cannot be loaded: {error}") from error
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} must be a model saved by keras-gen. Received: {' '.join(str(error).split())[:160]}"
        ) from error


def _check_known(path: Path) -> None:
    """Raises InputError for a model of a class that is outside of Keras and that nothing has registered."""
    try:
        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
        module, name = config.get("module") or "", config.get("registered_name")
    except (zipfile.BadZipFile, KeyError, ValueError, AttributeError):
        return  # Keras says what is wrong with such a file
    outside = module.partition(".")[0] not in ("keras", "keras_gen")
    if outside and name and keras.saving.get_registered_object(name) is None:
        raise InputError(
            f"{path} must be of a class that is imported: in Python, import {module} first; on the command line, give "
            f"the run directory, whose {CONFIG} names it. Received: a model of the class {config.get('class_name')}."
        )


def versions() -> dict[str, str]:
    """What a run is made with: the versions of the packages and of Python, by name."""
    return {**{name: version(name) for name in PACKAGES}, "Python": platform.python_version()}


def _versions() -> str:
    return f"# {', '.join(f'{name} {number}' for name, number in versions().items())}\n"
