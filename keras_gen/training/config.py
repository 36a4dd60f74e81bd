"""A constructor's arguments as a Keras config and back: each is declared once, in the signature."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import keras

from keras_gen.registry import Choice, choices_of
from keras_gen.training.optimizers import OptimizerSpec


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
    for constructor in _constructors(model_class):
        parameters = inspect.signature(constructor).parameters.values()
        names |= {p.name: None for p in parameters if p.default is not inspect.Parameter.empty}
    return list(names)


def model_defaults(model_class: type[keras.Model]) -> dict[str, Any]:
    """The default of each of the constructor's arguments, by its name in a flat configuration: `model.latent_dim`."""
    found: dict[str, Any] = {}
    for constructor in _constructors(model_class):
        parameters = inspect.signature(constructor).parameters.values()
        defaults = {f"model.{p.name}": p.default for p in parameters if p.default is not inspect.Parameter.empty}
        found = {**defaults, **found}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def choices_of_model(model_class: type[keras.Model]) -> dict[str, Choice]:
    """What of a model is chosen from a registry, as `model.loss` and `optimizer.schedule` are, by its option."""
    of_constructor: dict[str, Choice] = {}
    for constructor in _constructors(model_class):
        of_constructor = choices_of(constructor) | of_constructor
    found = {
        f"model.{name}": of_constructor[name] for name in constructor_options(model_class) if name in of_constructor
    }
    for optimizer in model_class.default_optimizers:  # type: ignore[attr-defined]
        found |= {f"{optimizer}.{name}": choice for name, choice in choices_of(OptimizerSpec).items()}
    return found


def _constructors(model_class: type[keras.Model]) -> Iterator[Callable[..., None]]:
    """Those of the class and of the base classes of the project that it passes its other arguments on to."""
    for cls in model_class.__mro__:
        if cls.__module__.partition(".")[0] == keras.Model.__module__.partition(".")[0]:
            break
        if constructor := vars(cls).get("__init__"):
            yield constructor
            if all(p.kind is not p.VAR_KEYWORD for p in inspect.signature(constructor).parameters.values()):
                break


def constructor_arguments(config: dict[str, Any]) -> dict[str, Any]:
    """The arguments that `constructor_config` and `keras.Model.get_config` wrote into `config`."""
    arguments = {
        key: value if key == "dtype" else keras.saving.deserialize_keras_object(value) for key, value in config.items()
    }
    return {key: tuple(value) if isinstance(value, list) else value for key, value in arguments.items()}


def classes_of(network: keras.Model) -> AbstractContextManager[None]:
    """Within it Keras finds the classes of the network's own layers, whether or not they are registered."""
    layers = {keras.saving.get_registered_name(type(layer)): type(layer) for layer in network._flatten_layers()}
    return keras.saving.custom_object_scope(layers)
