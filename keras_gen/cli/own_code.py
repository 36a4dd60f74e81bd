"""A user's own code, `module:name`, imported and registered by a command, the only one that may."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_gen.cli.spelling import as_option
from keras_gen.registry import import_own, is_own
from serving.common.errors import InputError

if TYPE_CHECKING:
    import keras


def import_own_code(
    model_class: type[keras.Model], model_options: Mapping[str, Any], optimizers: Mapping[str, Mapping[str, Any]]
) -> None:
    """Registers under its full name what options name of a user's own code.

    Args:
        model_class: the model's.
        model_options: constructor arguments of the model.
        optimizers: fields of an OptimizerSpec by the optimizer's name.

    Raises:
        InputError: a name that is not known, or own code that cannot be imported or is of another kind.
    """
    from keras_gen.networks.build import NETWORKS
    from keras_gen.training.config import choices_of_model

    options = {"model": model_options, **optimizers}
    for option, (registry, optional) in choices_of_model(model_class).items():
        group, _, argument = option.partition(".")
        value = options.get(group, {}).get(argument)
        spelled = as_option(option)
        for name in registry.names(value):
            if isinstance(name, str) and is_own(name):
                if name not in registry:
                    _known_to_keras(registry.register(name, import_own(name, spelled)), name)
            elif registry is not NETWORKS:  # which families a network can be of, its role decides
                registry.find(name, *((spelled, optional) if name == value else ()))


def _known_to_keras(entry: Any, name: str) -> None:
    """A class that a saved model names, such as an optimizer, is looked up by Keras when the model is loaded."""
    import keras

    if isinstance(entry, type) and keras.saving.get_registered_name(entry) == entry.__name__:
        keras.saving.register_keras_serializable(name.partition(":")[0])(entry)


def import_own_code_of(place: Path) -> None:
    """The same for a trained model, whose run directory has the options.

    Args:
        place: a run directory, or a `.keras` file in one; anything else names no own code.
    """
    from keras_gen.cli.own_models import named_class
    from keras_gen.training.run_directory import RunDirectory

    run = RunDirectory(place.parent if place.suffix == ".keras" else place)
    if not run.config_file.is_file():
        return
    config = run.config()
    cls = named_class(str(config.get("name")))
    groups = {name: config.get(name) or {} for name in ("model", *cls.default_optimizers)}
    if odd := next((name for name, group in groups.items() if not isinstance(group, dict)), None):
        raise InputError(f"{run.config_file} must hold options under {odd}. Received: {type(groups[odd]).__name__}.")
    import_own_code(cls, groups.pop("model"), groups)
