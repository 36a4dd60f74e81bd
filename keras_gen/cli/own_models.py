"""Models by name: those of the package, and a user's own as `module:Class`."""

from __future__ import annotations

import keras

from keras_gen.models import model_class
from keras_gen.registry import import_own, is_own
from keras_gen.training.base import BaseModel
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
