"""Weights of networks of any origin, and which layers of a Keras network they fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import keras
import numpy as np

from keras_gen.layers import InstanceNormalization
from keras_gen.training.layer_names import own_weights

Kind = Literal["convolution", "transposed", "either", "instance", "batch"]


@dataclass(frozen=True)
class ForeignLayer:
    """A layer of another framework, its numbers laid out as Keras has them.

    Attributes:
        name: of the file.
        kind: `convolution`, `transposed` (convolution), `either` where the file does not tell them apart, `instance` or
            `batch` (normalization).
        weights: of a convolution the kernel, (height, width, in, out), transposed (height, width, out, in), and its
            bias if it has one; of a normalization gain and shift, and mean and variance where it keeps them; float32.
        strides: of a convolution, where the file tells them.
    """

    name: str
    kind: Kind
    weights: tuple[np.ndarray, ...]
    strides: tuple[int, ...] | None = None

    def __str__(self) -> str:
        return f"{self.name} ({self.kind} {'x'.join(map(str, self.weights[0].shape))})"


def fitted(layer: keras.Layer, foreign: ForeignLayer) -> tuple[np.ndarray, ...] | None:
    """The weights of a Keras layer by those of another framework's, or None where they do not fit.

    A bias that the file has not is 0. One that only the file has fits where it is 0.
    """
    shapes = [tuple(weight.shape) for weight in own_weights(layer)]
    if isinstance(layer, keras.layers.Conv2D | keras.layers.Conv2DTranspose):
        kind = "transposed" if isinstance(layer, keras.layers.Conv2DTranspose) else "convolution"
        if foreign.kind not in (kind, "either") or foreign.strides not in (None, tuple(layer.strides)):
            return None
        return _of_convolution(shapes, *foreign.weights)
    kinds = {InstanceNormalization: "instance", keras.layers.BatchNormalization: "batch"}
    known = next((kind for cls, kind in kinds.items() if isinstance(layer, cls)), None)
    same = known == foreign.kind and shapes == [weight.shape for weight in foreign.weights]
    return foreign.weights if same else None


def matched(
    layers: Sequence[keras.Layer], foreign: Sequence[ForeignLayer]
) -> list[tuple[int, int, tuple[np.ndarray, ...]]]:
    """As many layers as can be paired with layers of another network, both in their order.

    Returns:
        Places of both, and the weights that the first takes.
    """
    fits = [[fitted(layer, one) for one in foreign] for layer in layers]
    longest = np.zeros((len(layers) + 1, len(foreign) + 1), np.int64)
    for i in reversed(range(len(layers))):
        for j in reversed(range(len(foreign))):
            together = longest[i + 1, j + 1] + (fits[i][j] is not None)
            longest[i, j] = max(together, longest[i + 1, j], longest[i, j + 1])
    found, i, j = [], 0, 0
    while i < len(layers) and j < len(foreign):
        weights = fits[i][j]
        if weights is not None and longest[i, j] == longest[i + 1, j + 1] + 1:
            found.append((i, j, weights))
            i, j = i + 1, j + 1
        elif longest[i, j] == longest[i + 1, j]:
            i += 1
        else:
            j += 1
    return found


def _of_convolution(
    shapes: Sequence[tuple[int, ...]], kernel: np.ndarray, bias: np.ndarray | None = None
) -> tuple[np.ndarray, ...] | None:
    if kernel.shape != shapes[0]:
        return None
    if len(shapes) == 1:
        return (kernel,) if bias is None or not bias.any() else None
    bias = np.zeros(shapes[1], np.float32) if bias is None else bias
    return (kernel, bias) if bias.shape == shapes[1] else None
