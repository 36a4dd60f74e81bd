"""Another model's weights, as where the training of a model begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import keras

from keras_gen.training.base import BaseModel
from keras_gen.training.foreign_layers import ForeignLayer, matched
from keras_gen.training.layer_names import named_layers, own_weights


@dataclass(frozen=True)
class Transfer:
    """What of another model's weights was taken; moving averages follow the networks that they are of.

    Attributes:
        taken: names of the layers.
        missed: layers of either model without an equal in the other, and why.
    """

    taken: tuple[str, ...]
    missed: dict[str, str]


def take_weights(model: BaseModel, source: BaseModel) -> Transfer:
    """Gives every layer of a model the weights of the other's layer of the same name, where their shapes agree.

    Statistics of normalization are weights, too. Training steps, optimizers and image pools stay the model's own. A
    moving average takes the other's, or where that does not fit, the weights that it is an average of.

    Args:
        model: its weights are replaced.
        source: any model of this project.
    """
    here, there = named_layers(model), named_layers(source)
    averages, others = _averages(model), _averages(source)
    trained = {name: layer for name, layer in here.items() if id(layer) not in averages}
    missed = {name: why for name, layer in trained.items() if (why := _difference(layer, there.get(name)))}
    taken = tuple(name for name in trained if name not in missed)
    for name in taken:
        _copy(there[name], trained[name])
    for name, layer in here.items():
        if (averaged := averages.get(id(layer))) is not None:
            _copy(averaged if _difference(layer, there.get(name)) else there[name], layer)
    extra = {name: "not here" for name, layer in there.items() if name not in here and id(layer) not in others}
    return Transfer(taken, missed | extra)


def take_foreign(model: BaseModel, direction: str, foreign: Sequence[ForeignLayer]) -> Transfer:
    """Gives a network of a model, and what it is the moving average of, the weights of another framework's network,
    where layers fit in their order.

    Args:
        model: its weights are replaced.
        direction: which of its exported networks, as `a_to_b`.
        foreign: layers of the other, in their order.
    """
    averages = _averages(model)
    names = {id(layer): name for name, layer in named_layers(model).items()}
    exported = [layer for layer in _inside(model.inference_networks()[direction]) if id(layer) in names]
    trained = [averages.get(id(layer), layer) for layer in exported]
    found = matched(trained, foreign)
    # Normalizations have one number a channel: alone they tell nothing of a network.
    found = found if any(weights[0].ndim > 1 for _, _, weights in found) else []
    for place, _, weights in found:
        for layer in (trained[place], exported[place]):
            for weight, value in zip(own_weights(layer), weights, strict=True):
                weight.assign(value)
    taken, used = {place for place, _, _ in found}, {place for _, place, _ in found}
    missed = {names[id(layer)]: "not there" for place, layer in enumerate(trained) if place not in taken}
    missed |= {str(one): "not here" for place, one in enumerate(foreign) if place not in used}
    return Transfer(tuple(names[id(trained[place])] for place in sorted(taken)), missed)


def _inside(layer: keras.Layer) -> Iterator[keras.Layer]:
    """A layer and all inside it, in the order of the graph."""
    yield layer
    for child in layer._flatten_layers(recursive=False, include_self=False):
        yield from _inside(child)


def _averages(model: BaseModel) -> dict[int, keras.Layer]:
    """The layer that each layer of a moving average is the average of, by the former's id."""
    return {
        id(mean): layer
        for networks in model.moving_averages()
        for mean, layer in zip(*(list(network._flatten_layers()) for network in networks), strict=True)
    }


def _difference(layer: keras.Layer, other: keras.Layer | None) -> str | None:
    """Why a layer cannot take the weights of another; None where it can."""
    if other is None:
        return "not there"
    shown = [", ".join(str(tuple(weight.shape)) for weight in own_weights(each)) for each in (other, layer)]
    return None if shown[0] == shown[1] else f"{shown[0]} there, {shown[1]} here"


def _copy(source: keras.Layer, layer: keras.Layer) -> None:
    for weight, value in zip(own_weights(layer), own_weights(source), strict=True):
        weight.assign(value)
