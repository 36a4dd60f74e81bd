"""What the original computes, which exported networks are compared with: Keras, or another one's own runtime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import keras
import numpy as np

from serving.bundle.names import IMAGE, TRANSLATION
from serving.common.errors import InputError
from serving.common.images import to_float

Arrays = dict[str, np.ndarray]
DRAWS = 8


class Reference(Protocol):
    """What a network of a bundle must compute."""

    @property
    def runtime(self) -> str:
        """What computes it, for messages."""

    @property
    def bounded(self) -> bool:
        """Whether its pictures keep to [-1, 1] before they are rounded."""

    def outputs(self, feed: Mapping[str, np.ndarray]) -> Arrays:
        """What the inputs of the bundle's network, by name, must give; pictures in [-1, 1]."""

    def rounding(self, feed: Mapping[str, np.ndarray], expected: Arrays) -> dict[str, float]:
        """How far rounding alone moves the outputs."""


class OfKeras:
    """A network of named inputs and outputs, pictures in [-1, 1].

    Args:
        network: the network.
    """

    runtime = "Keras"
    bounded = True

    def __init__(self, network: keras.Model) -> None:
        self.network = network

    def outputs(self, feed: Mapping[str, np.ndarray]) -> Arrays:
        """As `Reference.outputs`."""
        return outputs_of(self.network, self._given(feed))

    def rounding(self, feed: Mapping[str, np.ndarray], expected: Arrays) -> dict[str, float]:
        """As `Reference.rounding`."""
        return rounding_of(self.network, self._given(feed), expected)

    def _given(self, feed: Mapping[str, np.ndarray]) -> Arrays:
        return {name: to_float(feed[name]) for name in self.network.input}


def reference_of(network: keras.Model | Reference) -> Reference:
    """What a network must be compared with."""
    return OfKeras(network) if isinstance(network, keras.Model) else network


def outputs_of(network: keras.Model, feed: Mapping[str, np.ndarray]) -> Arrays:
    """The outputs of a network by name."""
    return {name: np.asarray(value) for name, value in network(dict(feed), training=False).items()}


def rounding_of(network: keras.Model, feed: Mapping[str, np.ndarray], expected: Arrays) -> dict[str, float]:
    """How far outputs move if every weight and input is rounded once more in float32, up or down by chance.

    It is the size of the error of any float32 arithmetic: the logarithm of the variance of values that hardly vary, for
    example, is a difference of nearly equal numbers, and of two codes that are nearly as near either may be taken. The
    largest of several draws counts, since not every one of them decides such a case otherwise.

    Args:
        network: its weights are as before afterwards.
        feed: inputs by name.
        expected: what it made of them.
    """
    generator = np.random.default_rng(0)

    def rounded(values: np.ndarray) -> np.ndarray:
        if values.dtype != np.float32:
            return values
        return np.nextafter(values, generator.choice([-np.inf, np.inf], values.shape), dtype=np.float32)

    moved: dict[str, float] = {}
    weights = network.get_weights()
    try:
        for _ in range(DRAWS):
            network.set_weights([rounded(values) for values in weights])
            for name, value in outputs_of(network, {name: rounded(values) for name, values in feed.items()}).items():
                difference = np.abs(value.astype(np.float64) - expected[name])
                moved[name] = max(moved.get(name, 0.0), float(np.max(difference)))
    finally:
        network.set_weights(weights)
    return moved


def check_sides(name: str, given: Arrays, made: Arrays) -> None:
    """Refuses a network that makes translations of other sides than their images.

    Args:
        name: the network's, for the message.
        given: inputs by name.
        made: outputs by name.

    Raises:
        InputError: other sides.
    """
    if IMAGE not in given or TRANSLATION not in made:
        return
    wanted, received = (arrays[key].shape[1:3] for arrays, key in ((given, IMAGE), (made, TRANSLATION)))
    if wanted != received:
        raise InputError(
            f"the network {name!r} must make translations of the size of their images, {wanted[0]}x{wanted[1]} here. "
            f"Received: {received[0]}x{received[1]}."
        )
