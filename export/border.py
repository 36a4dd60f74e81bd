"""Where pictures cross from uint8 outside to [-1, 1] inside: part of the exported graph, so that no caller
has to know."""

from __future__ import annotations

from typing import Literal

import keras
import tensorflow as tf

from export.substitutes import in_graphs
from serving.bundle.names import IMAGE, LABEL, PICTURES

# Axes of points, which have no grey levels.
OF_POINTS = 2
IO = Literal["uint8", "float"]


def unrounded(name: str) -> str:
    """The output beside a rounded picture that it was rounded from."""
    return f"{name}_unrounded"


def is_unrounded(name: str) -> bool:
    """Whether `unrounded` gave this name."""
    return name in map(unrounded, PICTURES)


class Bordered(tf.Module):
    """A network with the border around it, as a function that TensorFlow and tf2onnx can export.

    Args:
        network: named inputs and outputs; those called `image` or `translation` are pictures in [-1, 1].
        io: `uint8` converts pictures at the border, `float` leaves them as they are.
    """

    def __init__(self, network: keras.Model, io: IO) -> None:
        super().__init__()
        self.network = network
        self.io = io
        self.inputs = {name: _specification(name, tensor, io) for name, tensor in network.input.items()}
        self.function = tf.function(self._call, input_signature=[self.inputs], autograph=False)
        # Of the SavedModel alone: readers of bundles know it by this name.
        self.function_with_unrounded = tf.function(self.with_unrounded, input_signature=[self.inputs], autograph=False)

    def _call(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        outputs = self.with_unrounded(inputs)
        return {name: value for name, value in outputs.items() if not is_unrounded(name)}

    def with_unrounded(self, inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """The outputs, and beside a rounded picture the one it was rounded from."""
        if self.io == "uint8" and IMAGE in inputs:
            inputs = {**inputs, IMAGE: tf.cast(inputs[IMAGE], tf.float32) / 127.5 - 1.0}
        with in_graphs(self.network):
            made = self.network(inputs, training=False)
        outputs = {
            name: value if value.dtype.is_integer else tf.cast(value, tf.float32) for name, value in made.items()
        }
        for name in set(outputs) & set(PICTURES) if self.io == "uint8" else ():
            if outputs[name].shape.rank == OF_POINTS:
                continue
            outputs[unrounded(name)] = outputs[name]
            grey_levels = tf.clip_by_value((outputs[name] + 1.0) * 127.5, 0.0, 255.0)
            outputs[name] = tf.cast(tf.round(grey_levels), tf.uint8)
        return outputs


def _specification(name: str, tensor: keras.KerasTensor, io: IO) -> tf.TensorSpec:
    floating = tf.uint8 if io == "uint8" and name == IMAGE else tf.float32
    dtype = tf.int64 if name == LABEL else floating
    return tf.TensorSpec(tensor.shape, dtype, name)
