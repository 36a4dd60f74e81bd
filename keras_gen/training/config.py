"""A constructor's arguments as a Keras config and back: each is declared once, in the signature."""

from __future__ import annotations

import inspect
from typing import Any

import keras


def constructor_config(model: keras.Model) -> dict[str, Any]:
    """Every named constructor argument with the value of the attribute of that name, serialized.

    Networks are written out whole, so that a file does not depend on how a family is built later on.
    """
    parameters = inspect.signature(type(model)).parameters.values()
    names = [p.name for p in parameters if p.kind is not inspect.Parameter.VAR_KEYWORD]
    return {name: keras.saving.serialize_keras_object(getattr(model, name)) for name in names}


def constructor_arguments(config: dict[str, Any]) -> dict[str, Any]:
    """The arguments that `constructor_config` and `keras.Model.get_config` wrote into `config`."""
    arguments = {
        key: value if key == "dtype" else keras.saving.deserialize_keras_object(value) for key, value in config.items()
    }
    return {key: tuple(value) if isinstance(value, list) else value for key, value in arguments.items()}
