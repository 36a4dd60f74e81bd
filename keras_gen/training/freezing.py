"""Layers that keep the weights that training begins with."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

import keras

from keras_gen.training.layer_names import named_layers
from serving.common.errors import InputError, nearest


def freeze_layers(model: keras.Model, patterns: Iterable[str]) -> None:
    """Makes layers untrainable, which Keras's batch normalization takes for: use the moving statistics.

    Args:
        model: of this project, not compiled yet.
        patterns: names of layers, as in `discriminator/conv2d` or `encoder` for all inside it, with `*`, `?` and `[]`
            as in file names.

    Raises:
        InputError: a pattern that no layer matches.
    """
    averaged = {id(layer) for average, _ in model.moving_averages() for layer in average._flatten_layers()}
    layers = {name: layer for name, layer in named_layers(model).items() if id(layer) not in averaged}
    for pattern in patterns:
        matched = [layer for name, layer in layers.items() if _matches(name, pattern)]
        if not matched:
            raise InputError(
                f"a layer to freeze must be among {', '.join(layers)}. Received: {pattern!r}."
                f"{nearest(pattern, list(layers))}"
            )
        for layer in matched:
            layer.trainable = False


def _matches(name: str, pattern: str) -> bool:
    """Whether a pattern is of a layer, or of one that it is inside."""
    parts = name.split("/")
    return any(fnmatchcase("/".join(parts[: count + 1]), pattern) for count in range(len(parts)))
