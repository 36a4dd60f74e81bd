"""Points as a bundle gives them: two numbers each, in those of the data."""

from __future__ import annotations

import keras

from serving.bundle.names import IMAGE
from serving.common.errors import InputError
from serving.common.levels import ValueRange
from serving.common.points import is_point

OF_DATA = (-1.0, 1.0)


def with_points(networks: dict[str, keras.Model], value_range: ValueRange | None) -> dict[str, keras.Model]:
    """The networks of a model of points: what makes some, (n, 1, 1, 2) in [-1, 1], gives them as (n, 2).

    Args:
        networks: by name, with named inputs and outputs; those of a model of pictures are given back as they are.
        value_range: the numbers of the data that were brought to -1 and 1; None for -1 and 1 themselves.

    Raises:
        InputError: a network that takes points.
    """
    taken = [network.input[IMAGE] for network in networks.values() if IMAGE in network.input]
    if any(is_point(tensor.shape[1:]) for tensor in taken):
        raise InputError("a model of points must have a generator alone to be exported. Received: one with an encoder.")
    return {name: _giving_points(network, value_range or OF_DATA) for name, network in networks.items()}


def check_wishes_of_points(*wishes: object) -> None:
    """Refuses to measure points as pictures are measured.

    Raises:
        InputError: `--quantize` or `--check-provider` was asked for.
    """
    if any(wish is not None for wish in wishes):
        raise InputError(
            "--quantize and --check-provider must be left out for a model of points, which has no pictures to measure. "
            "Received: one of them."
        )


def _giving_points(network: keras.Model, limits: ValueRange) -> keras.Model:
    outputs = dict(network.output)
    if IMAGE not in outputs or not is_point(outputs[IMAGE].shape[1:]):
        return network
    low, high = limits
    flat = keras.layers.Reshape((2,))(outputs[IMAGE])
    outputs[IMAGE] = keras.layers.Rescaling((high - low) / 2, (high + low) / 2)(flat)
    return keras.Model(network.input, outputs)
