"""A convolution whose kernel is scaled by a style for each example."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from serving.common.errors import require_at_least

EPSILON = 1e-8


@keras.saving.register_keras_serializable(package="keras_gen")
class EqualizedDense(keras.layers.Layer):
    """A dense layer whose weights are all of size 1 and are scaled where they are used, so that they learn equally
    fast.

    Args:
        units: outputs.
        bias: what the bias begins with.
        rate: how much slower it learns than other layers, as in the mapping network: 0.01 there.

    Input: (batch, inputs). Output: (batch, units).

    Raises:
        InputError: fewer than one unit.

    Source: Karras et al. 2018, "Progressive Growing of GANs", section 4.1.
    """

    def __init__(self, units: int, bias: float = 0.0, rate: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        require_at_least(1, units=units)
        self.units = units
        self.bias = bias
        self.rate = rate

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        inputs = input_shape[-1]
        wide = keras.initializers.RandomNormal(stddev=1.0 / self.rate)
        self.kernel = self.add_weight(name="kernel", shape=(inputs, self.units), initializer=wide)
        begin = keras.initializers.Constant(self.bias / self.rate)
        self.offset = self.add_weight(name="offset", shape=(self.units,), initializer=begin)
        self.scale = self.rate / math.sqrt(inputs)  # type: ignore[arg-type]

    def call(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return ops.matmul(inputs, ops.convert_to_tensor(self.kernel)) * self.scale + self.rate * self.offset

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, "bias": self.bias, "rate": self.rate}


@keras.saving.register_keras_serializable(package="keras_gen")
class ModulatedConv2D(keras.layers.Layer):
    """A convolution of stride 1 whose kernel is multiplied, channel by channel of the input, by a function of the
    style, and then divided by its length for each filter (demodulation).

    Both are done to the features before and after one convolution of the whole batch, which is the same.

    Args:
        filters: channels of the output.
        kernel_size: odd; the sides stay as they are.
        place: which of the styles is this layer's, from 0.
        demodulate: divide by the length; not where the output is a picture.

    Input: features (batch, height, width, channels); styles of all layers (batch, layers, size).
    Output: (batch, height, width, filters).

    Raises:
        InputError: fewer than one filter.

    Source: Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", equations 1 and 3.
    """

    def __init__(
        self, filters: int, kernel_size: int = 3, place: int = 0, demodulate: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        require_at_least(1, filters=filters, kernel_size=kernel_size)
        self.filters = filters
        self.kernel_size = kernel_size
        self.place = place
        self.demodulate = demodulate

    def build(self, features_shape: tuple[int | None, ...], styles_shape: tuple[int | None, ...]) -> None:
        channels = features_shape[-1]
        shape = (self.kernel_size, self.kernel_size, channels, self.filters)
        self.kernel = self.add_weight(
            name="kernel", shape=shape, initializer=keras.initializers.RandomNormal(stddev=1.0)
        )
        self.scale = 1.0 / math.sqrt(self.kernel_size**2 * channels)  # type: ignore[operator]
        self.affine = EqualizedDense(channels, bias=1.0, name="affine", dtype=self.dtype_policy)  # type: ignore[arg-type]
        self.affine.build((styles_shape[0], styles_shape[2]))

    def call(self, features: keras.KerasTensor, styles: keras.KerasTensor) -> keras.KerasTensor:
        factors = self.affine(styles[:, self.place])
        kernel = ops.convert_to_tensor(self.kernel) * self.scale
        convolved = ops.conv(features * factors[:, None, None, :], kernel, padding="same", data_format="channels_last")
        if not self.demodulate:
            return convolved
        # Squares of kernels of thousands of inputs need more digits than half precision has.
        lengths = ops.matmul(
            ops.square(ops.cast(factors, "float32")), ops.sum(ops.square(ops.cast(kernel, "float32")), axis=(0, 1))
        )
        return convolved * ops.cast(ops.rsqrt(lengths + EPSILON), convolved.dtype)[:, None, None, :]

    def compute_output_shape(self, features_shape: tuple[int | None, ...], *_: Any) -> tuple[int | None, ...]:
        return (*features_shape[:-1], self.filters)

    def get_config(self) -> dict[str, Any]:
        config = {"filters": self.filters, "kernel_size": self.kernel_size, "place": self.place}
        return {**super().get_config(), **config, "demodulate": self.demodulate}


@keras.saving.register_keras_serializable(package="keras_gen")
class ChannelBias(keras.layers.Layer):
    """Adds a learned number to each channel.

    Input and output: (batch, ..., channels).
    """

    def build(self, shape: tuple[int | None, ...]) -> None:
        self.bias = self.add_weight(name="bias", shape=shape[-1:], initializer="zeros")

    def call(self, features: keras.KerasTensor) -> keras.KerasTensor:
        return features + ops.convert_to_tensor(self.bias)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return shape


@keras.saving.register_keras_serializable(package="keras_gen")
class RootMeanSquare(keras.layers.Layer):
    """Divides some numbers of each example by the root of their mean square.

    Args:
        start: the first of them.
        stop: the first after them; None for all to the end.

    Input: (batch, size). Output: (batch, stop - start).

    Source: Karras et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks", figure 1.
    """

    def __init__(self, start: int = 0, stop: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start = start
        self.stop = stop
        self.built = True

    def call(self, values: keras.KerasTensor) -> keras.KerasTensor:
        part = values[:, self.start : self.stop]
        return part * ops.rsqrt(ops.mean(ops.square(part), axis=-1, keepdims=True) + EPSILON)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return shape[0], len(range(shape[1])[self.start : self.stop])  # type: ignore[arg-type]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "start": self.start, "stop": self.stop}
