"""What training on points of the plane asks of a model."""

from __future__ import annotations

import inspect
from typing import Any

from keras_gen.data import Source
from keras_gen.training.base import BaseModel
from keras_gen.training.config import constructor_options
from serving.common.errors import InputError
from serving.common.points import is_point

NETWORKS = ("generator", "discriminator")
OF_POINTS = "points"


def options_of_points(cls: type[BaseModel], name: str, options: dict[str, Any], source: Source) -> dict[str, Any]:
    """A model's options, with small networks in place of the default ones where the data are points.

    Args:
        cls: class of the model.
        name: of the model, for messages.
        options: arguments of its constructor.
        source: what it is trained on; of pictures the options stay as they are.

    Raises:
        InputError: a model of other networks than a generator and a discriminator, or an option that changes pictures.
    """
    if not is_point(source.image_shape):
        return options
    known = constructor_options(cls)
    defaults = inspect.signature(cls).parameters
    if cls.spec.labelled or cls.spec.translates or "encoder" in known or not set(NETWORKS) <= set(known):
        raise InputError(
            f"{source.name} must be given to a model of a generator and a discriminator alone, such as gan. "
            f"Received: {name}."
        )
    if options.get("augmentation"):
        raise InputError(
            f"--model.augmentation must be left out for {source.name}, which has no colours to change. "
            f"Received: {', '.join(options['augmentation'])}."
        )
    left = {
        network: OF_POINTS
        for network in NETWORKS
        if network in defaults and options[network] == defaults[network].default
    }
    return {**options, **left}
