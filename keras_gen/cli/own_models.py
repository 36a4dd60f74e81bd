"""Models by name: those of the package, and a user's own as `module:Class`."""

from __future__ import annotations

from pathlib import Path

import keras

from keras_gen.models import model_class
from keras_gen.registry import import_own, is_own
from keras_gen.training.base import BaseModel
from keras_gen.training.run_directory import RunDirectory
from serving.common.errors import InputError


def named_class(name: str) -> type[BaseModel]:
    """The class of a model of the package, or of a module that is imported for it.

    Args:
        name: `vae`, or `my_module:MyModel`.

    Raises:
        InputError: there is no such model, or the class is not one that can be trained, saved and loaded.
    """
    found = import_own(name, "model") if is_own(name) else model_class(name)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        what = found.__name__ if isinstance(found, type) else type(found).__name__
        raise InputError(f"{name} must be a subclass of keras_gen.training.base.BaseModel. Received: {what}.")
    if keras.saving.get_registered_object(keras.saving.get_registered_name(found)) is not found:
        raise InputError(
            f"{name} must be registered with Keras, to be saved and loaded: decorate the class with "
            "@keras.saving.register_keras_serializable(package=...). Received: a class that is not."
        )
    if not hasattr(found, "default_optimizers"):
        raise InputError(f"{name} must have `default_optimizers`, an OptimizerSpec by name. Received: a class without.")
    return found


def import_model_of(place: Path) -> None:
    """Imports the class of a run's model where it is a user's own, so that Keras can load it.

    Args:
        place: the run directory, or a `.keras` file in it. Anything else is left alone.

    Raises:
        InputError: as `named_class`.
    """
    run = RunDirectory(place.parent if place.suffix == ".keras" else place)
    if run.config_file.is_file():
        name = run.config().get("name")
        if isinstance(name, str) and is_own(name):
            named_class(name)
