"""Which layer it is that a network cannot be exported for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import keras

from export.border import Bordered
from export.describe import describe
from export.parity import ParityError, check_network
from export.refusals import OperatorError
from export.to_onnx import convert
from serving.common.errors import InputError

INPUT, VALUE = "input", "value"
LONGEST = 300
# The sentence that matters, which Keras prints in bold.
EMPHASIZED = "\x1b\\[1m(.*?)\x1b\\[0m"


@contextmanager
def explained(name: str, network: keras.Model, sides: tuple[int, int]) -> Iterator[None]:
    """Names the layer for which what is done inside fails, with Keras's, TensorFlow's or ONNX Runtime's own words.

    Args:
        name: the network's, for the message.
        network: the network that is exported inside.
        sides: height and width of images whose sides are free.

    Raises:
        InputError: in place of whatever else is raised inside.
        ParityError: as inside, with the layer.
    """
    try:
        yield
    except OperatorError as error:
        layer, _ = culprit(network, sides)
        raise InputError(f"{error} It is of {layer}." if layer else str(error)) from error
    except InputError:
        raise
    except ParityError as error:
        layer, reason = culprit(network, sides)
        raise ParityError(f"{error} By itself, {layer} is not right: {reason}" if layer else str(error)) from error
    except Exception as error:  # whatever Keras, TensorFlow, tf2onnx and users' layers raise
        layer, reason = culprit(network, sides)
        raise InputError(
            f"the network {name!r} must be one that ONNX can hold. Received: {layer or 'a network'}: "
            f"{reason or in_one_line(error)}"
        ) from error


def culprit(network: keras.Model, sides: tuple[int, int]) -> tuple[str, str]:
    """The first layer that cannot be exported by itself, and why; empty texts where every one can be."""
    for operation, alone in _each_alone(network):
        bordered = Bordered(alone, "float")
        try:
            converted = convert(bordered, operation.name)
            check_network(operation.name, converted, alone, describe(bordered, 0)[0], sides)
        except Exception as error:  # as above
            return f"the layer {operation.name!r} ({type(operation).__name__})", in_one_line(error)
    return "", ""


def in_one_line(error: Exception) -> str:
    """What an error says, without the arguments that Keras lists behind it."""
    text = str(error) or type(error).__name__
    emphasized = re.search(EMPHASIZED, text, re.DOTALL)
    text = " ".join((emphasized[1] if emphasized else text).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _each_alone(network: keras.Model) -> Iterator[tuple[keras.Operation, keras.Model]]:
    """The operations of a network in order, those of networks inside too, each as a network of its own."""
    for operation in getattr(network, "operations", ()):  # a class of its own has none
        if isinstance(operation, keras.layers.InputLayer):
            continue
        if isinstance(operation, keras.Model) and hasattr(operation, "operations"):
            yield from _each_alone(operation)
        elif operation._inbound_nodes:
            yield operation, _alone(operation)


def _alone(operation: keras.Operation) -> keras.Model:
    given: dict[str, keras.KerasTensor] = {}

    def fresh(value: object) -> object:
        if not isinstance(value, keras.KerasTensor):
            return value
        name = f"{INPUT}_{len(given)}"
        given[name] = keras.Input(batch_shape=value.shape, name=name)
        return given[name] if value.dtype == "float32" else keras.ops.cast(given[name], value.dtype)

    arguments = operation._inbound_nodes[-1].arguments
    positional, named = keras.tree.map_structure(fresh, (arguments.args, arguments.kwargs))
    made = operation(*positional, **named)
    return keras.Model(given, {VALUE: keras.tree.flatten(made)[0]})
