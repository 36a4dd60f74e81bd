"""A constructor's arguments as a Keras config and back: each is declared once, in the signature."""

from __future__ import annotations

import inspect
from typing import Any

import keras


def constructor_config(model: keras.Model) -> dict[str, Any]:
    """Every named constructor argument with the value of the attribute of that name, serialized.

    Networks are written out whole, so that a file does not depend on how a family is built later on.
    """
    names = constructor_options(type(model))
    return {name: keras.saving.serialize_keras_object(getattr(model, name)) for name in names}


def constructor_options(model_class: type[keras.Model]) -> list[str]:
    """Names of the constructor's arguments, those included that it passes on to the base classes of the project.

    An argument without a default is the base's own, which the subclass fills in.
    """
    names: dict[str, None] = {}
    for cls in model_class.__mro__:
        if cls.__module__.partition(".")[0] == keras.Model.__module__.partition(".")[0]:
            break
        if "__init__" not in vars(cls):
            continue
        parameters = list(inspect.signature(vars(cls)["__init__"]).parameters.values())[1:]
        names |= {p.name: None for p in parameters if p.default is not inspect.Parameter.empty}
        if not any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters):
            break
    return list(names)


def constructor_arguments(config: dict[str, Any]) -> dict[str, Any]:
    """The arguments that `constructor_config` and `keras.Model.get_config` wrote into `config`."""
    arguments = {
        key: value if key == "dtype" else keras.saving.deserialize_keras_object(value) for key, value in config.items()
    }
    return {key: tuple(value) if isinstance(value, list) else value for key, value in arguments.items()}
