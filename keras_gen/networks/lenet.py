"""Networks like LeNet-5: convolutions, each followed by 2x2 max pooling, then dense layers.

`units` are the widths of the dense hidden layers. `batch_normalization` adds batch normalization before the ReLU of
every hidden layer.

Source: LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition"; the widths are those of Ganin et
al. 2016, "Domain-Adversarial Training of Neural Networks", figure 4a.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Literal

import keras
from keras import layers

from keras_gen.layers import Dropout
from keras_gen.networks.normalization import normalized
from serving.common.errors import InputError


def feature_extractor(
    image_shape: tuple[int, int, int],
    filters: Sequence[int] = (32, 48),
    kernel_size: int = 5,
    padding: Literal["valid", "same"] = "valid",
    batch_normalization: bool = False,
    dropout: Sequence[float] = (),
) -> keras.Model:
    """(batch, height, width, channels) -> the flattened features of the last stage, (batch, size).

    Args:
        image_shape: (height, width, channels).
        filters: channels after each convolution.
        kernel_size: of the convolutions.
        padding: `valid` or `same`, as for any Keras convolution.
        batch_normalization: see above.
        dropout: share of the channels that is dropped after each convolution, in order; none by default.

    Raises:
        InputError: an image that is too small, or more shares than convolutions.
    """
    _check_size(image_shape, len(filters), kernel_size, padding)
    if len(dropout) > len(filters):
        raise InputError(
            f"`dropout` must have a share for each of {len(filters)} convolutions. Received: {len(dropout)}."
        )
    images = keras.Input(image_shape, name="image")
    x = images
    for width, rate in zip_longest(filters, dropout, fillvalue=0.0):
        convolution = layers.Conv2D(width, kernel_size, padding=padding, use_bias=not batch_normalization)
        x = layers.MaxPooling2D(2)(_rectified(convolution(x), batch_normalization))
        if rate:
            x = Dropout(rate, channels=True)(x)
    return keras.Model(images, layers.Flatten()(x), name="feature_extractor")


def label_predictor(
    size: int, classes: int, units: Sequence[int] = (100, 100), batch_normalization: bool = False
) -> keras.Model:
    """Features (batch, size) -> logits of the classes, (batch, classes)."""
    return _dense(size, classes, units, batch_normalization, "label_predictor")


def domain_classifier(size: int, units: Sequence[int] = (100,), batch_normalization: bool = False) -> keras.Model:
    """Features (batch, size) -> logits (batch, 1)."""
    return _dense(size, 1, units, batch_normalization, "domain_classifier")


def _check_size(image_shape: tuple[int, int, int], stages: int, kernel_size: int, padding: str) -> None:
    """Raises InputError for an image that is too small for all stages."""
    side = min(image_shape[:2])
    for _ in range(stages):
        side = (side - (kernel_size - 1 if padding == "valid" else 0)) // 2
    if side < 1:
        raise InputError(
            "the network 'lenet' must have a value left after its convolutions. Received: pictures of "
            f"{image_shape[1]}x{image_shape[0]}; choose another --image-size, or the padding 'same'."
        )


def _dense(size: int, outputs: int, units: Sequence[int], batch_normalization: bool, name: str) -> keras.Model:
    features = keras.Input((size,), name="features")
    x = features
    for width in units:
        x = _rectified(layers.Dense(width, use_bias=not batch_normalization)(x), batch_normalization)
    return keras.Model(features, layers.Dense(outputs)(x), name=name)


def _rectified(x: keras.KerasTensor, batch_normalization: bool) -> keras.KerasTensor:
    return layers.ReLU()(normalized(x, "batch" if batch_normalization else "none"))
