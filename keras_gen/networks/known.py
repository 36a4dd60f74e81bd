"""Networks as people write them, as networks whose inputs and outputs Keras knows."""

from __future__ import annotations

import re
from typing import TypeAlias

import keras

from serving.common.errors import InputError

Shape: TypeAlias = tuple[int, ...]
BOLD = re.compile(r"\x1b\[\d+m")  # in Keras's messages


def known(role: str, network: keras.Model, input_shape: Shape | list[Shape]) -> keras.Model:
    """A user's network with known shapes: as it is where it has them, else built on inputs of the model's shape.

    Args:
        role: of the network, for messages.
        network: of any kind: functional, Sequential with or without an Input, or a class of the user's.
        input_shape: what it will be given, batch axis left out; a list for a network of several inputs.

    Raises:
        InputError: a network that cannot be called on such inputs, or that takes integers where pictures are floats.
    """
    if not getattr(network, "inputs", None):
        return _called(role, network, input_shape)
    if isinstance(input_shape, tuple):
        integers = [tensor.dtype for tensor in network.inputs if not keras.backend.is_float_dtype(tensor.dtype)]
        if integers:
            raise InputError(f"`{role}` must take floats. Received: a network whose Input is {integers[0]}.")
    if not isinstance(network, keras.Sequential) and any(
        isinstance(ends, list | tuple | dict) and len(ends) == 1 for ends in (network.input, network.output)
    ):
        return keras.Model(network.inputs[0], network.outputs[0], name=network.name)
    return network


def _called(role: str, network: keras.Model, input_shape: Shape | list[Shape]) -> keras.Model:
    several = isinstance(input_shape, list)
    inputs = [keras.Input(shape) for shape in (input_shape if several else [input_shape])]
    try:
        outputs = network(inputs if several else inputs[0])
    except Exception as error:  # whatever a user's layers raise
        reason = " ".join(BOLD.sub("", str(error)).split())[:200]
        raise InputError(
            f"`{role}` must be a network that takes {input_shape}. Received: {type(network).__name__}, which raises "
            f"{type(error).__name__}: {reason}"
        ) from error
    if isinstance(network, keras.Sequential):
        return network
    return keras.Model(inputs if several else inputs[0], outputs, name=network.name)
