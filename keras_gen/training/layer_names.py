"""Names of a model's layers that are the same in every process, and in every run with the same networks."""

from __future__ import annotations

import re
from collections.abc import Iterator

import keras
from keras.src.utils.naming import to_snake_case

from keras_gen.layers.training_noise import TrainingNoise
from keras_gen.training.config import constructor_options
from keras_gen.training.image_pool import ImagePool

# Their weights are where a training is, not what it has learned.
OF_THE_TRAINING = (TrainingNoise, ImagePool, keras.metrics.Metric)


def named_layers(model: keras.Model) -> dict[str, keras.Layer]:
    """Every layer with weights of its own, by its path: the model's attribute that it is in, then its name.

    A layer that Keras named is called by its kind and numbered within its network: `discriminator/conv2d`,
    `discriminator/conv2d_1`. Keras itself numbers all layers of a process.

    Args:
        model: of this project; a layer of several of its networks has the name in the one that its constructor takes.
    """
    names = dict.fromkeys([*constructor_options(type(model)), *vars(model)])
    roots = {name: getattr(model, name) for name in names}
    found: dict[str, keras.Layer] = {}
    seen: set[int] = set()
    for name, root in roots.items():
        if isinstance(root, keras.Layer):
            found |= {path: layer for path, layer in _walk(root, name, seen) if own_weights(layer)}
    return found


def own_weights(layer: keras.Layer) -> list[keras.Variable]:
    """The weights of a layer that are not those of a layer inside it."""
    inner = {id(weight) for child in _children(layer) for weight in child.weights}
    return [weight for weight in layer.weights if id(weight) not in inner]


def _walk(layer: keras.Layer, path: str, seen: set[int]) -> Iterator[tuple[str, keras.Layer]]:
    """A layer and those inside it that were not seen before, with their paths."""
    if id(layer) in seen or isinstance(layer, OF_THE_TRAINING):
        return
    seen.add(id(layer))
    yield path, layer
    used: dict[str, int] = {}
    for child in _children(layer):
        if not child.weights:
            continue
        kind = to_snake_case(type(child).__name__)
        name = kind if re.fullmatch(rf"{kind}(_\d+)?", child.name) else child.name
        used[name] = used.get(name, -1) + 1
        yield from _walk(child, f"{path}/{name}_{used[name]}" if used[name] else f"{path}/{name}", seen)


def _children(layer: keras.Layer) -> list[keras.Layer]:
    return list(layer._flatten_layers(recursive=False, include_self=False))
