"""The generator of CycleGAN: two strided convolutions, residual blocks at a quarter of the resolution, two upsamplings.

Source: Johnson et al. 2016, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution"; Zhu et al. 2017,
"Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", appendix 7.2.
"""

from __future__ import annotations

import keras
from keras import layers

from keras_gen.layers import ReflectionPadding
from keras_gen.networks.initializers import small_normal
from keras_gen.networks.normalization import Normalization, normalized
from keras_gen.networks.sizes import check_multiple
from serving.common.errors import require_at_least

HALVINGS = 2
LARGE = 128


def translator(
    image_shape: tuple[int, int, int],
    channels: int,
    filters: int = 64,
    blocks: int | None = None,
    normalization: Normalization = "instance",
) -> keras.Model:
    """Images with sides that are multiples of 4 -> (batch, height, width, `channels`) in [-1, 1].

    Args:
        image_shape: (height, width, channels) of the training images.
        channels: of the output.
        filters: channels at full resolution; four times as many in the residual blocks.
        blocks: number of residual blocks; 6 for images up to 128 pixels and 9 for larger ones by default.
        normalization: `instance`, `batch` or `none`.

    Raises:
        InputError: a height or width that is not a multiple of 4, or a value out of range.
    """
    check_multiple(image_shape, 2**HALVINGS, "resnet")
    blocks = (6 if max(image_shape[:2]) <= LARGE else 9) if blocks is None else blocks
    require_at_least(1, filters=filters, blocks=blocks)
    images = keras.Input((None, None, image_shape[2]), name="image")
    x = _rectified(_framed(images, filters, 7), normalization)
    for stage in range(HALVINGS):
        x = layers.Conv2D(filters * 2 ** (stage + 1), 3, 2, "same", kernel_initializer=small_normal())(x)
        x = _rectified(x, normalization)
    for _ in range(blocks):
        x = _block(x, normalization)
    for stage in reversed(range(HALVINGS)):
        x = layers.Conv2DTranspose(filters * 2**stage, 3, 2, "same", kernel_initializer=small_normal())(x)
        x = _rectified(x, normalization)
    return keras.Model(images, layers.Activation("tanh")(_framed(x, channels, 7)), name="translator")


def _block(x: keras.KerasTensor, normalization: Normalization) -> keras.KerasTensor:
    """A residual block, which keeps the shape of its input."""
    width = x.shape[-1]
    y = _rectified(_framed(x, width, 3), normalization)
    return layers.Add()([x, normalized(_framed(y, width, 3), normalization)])


def _framed(x: keras.KerasTensor, width: int, kernel_size: int) -> keras.KerasTensor:
    """A convolution with reflection padding, which keeps height and width."""
    padded = ReflectionPadding(kernel_size // 2)(x)
    return layers.Conv2D(width, kernel_size, kernel_initializer=small_normal())(padded)


def _rectified(x: keras.KerasTensor, normalization: Normalization) -> keras.KerasTensor:
    return layers.ReLU()(normalized(x, normalization))
