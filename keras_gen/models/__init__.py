"""One file per model; the file's name is the model's name on the command line.

A model is the one class of its file that is registered with Keras. Nothing is listed here by hand:
adding a file adds a model.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import keras

from serving.common.errors import InputError, nearest

if keras.backend.backend() != "tensorflow":
    raise ImportError(
        f"keras_gen must run on Keras's TensorFlow backend. Received: KERAS_BACKEND={keras.backend.backend()}."
    )


def model_names() -> list[str]:
    """Names of all models, as the command line takes them."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def model_class(name: str) -> type[keras.Model]:
    """The class that `keras_gen/models/<name>.py` defines.

    Raises:
        InputError: there is no such model.
    """
    if name not in model_names():
        raise InputError(
            f"the model must be one of {', '.join(model_names())}. Received: {name!r}.{nearest(name, model_names())}"
        )
    module = importlib.import_module(f"{__name__}.{name}")
    (found,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, keras.Model) and value.__module__ == module.__name__
    )
    return found


def model_name(model: keras.Model) -> str:
    """The name under which `model_class` finds the class of `model`; the class's own if it is outside the package."""
    package, _, name = type(model).__module__.rpartition(".")
    return name if package == __name__ else type(model).__name__


def _publish() -> dict[str, Any]:
    return {cls.__name__: cls for cls in map(model_class, model_names())}


globals().update(_publish())
