"""Random changes of pictures, real and generated alike, that a discriminator sees instead of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import keras
import tensorflow as tf

from keras_gen.registry import Registry

COLOR_CHANNELS = 3
SHIFT = 0.125
HOLE = 0.5
STRETCH = 0.2
# Of `affine`: the most that a picture is turned, in radians, sheared, and moved, of its side; and the logarithm of the
# largest factor of a side.
TURN, SHEAR, MOVE, SIDE = math.pi / 12.0, 0.3, 1.0 / 16.0, 0.2


@dataclass(frozen=True)
class PictureChange:
    """A random change of pictures.

    Attributes:
        noise_size: uniform numbers that a picture takes.
        apply: of pictures (batch, height, width, channels) and noise (batch, noise_size), uniform on [0, 1): pictures
            of the same shape and type, differentiable in the pictures.
    """

    noise_size: int
    apply: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


@keras.saving.register_keras_serializable(package="keras_gen")
class DifferentiableAugmentation(keras.layers.Layer):
    """Augments each picture by its own noise; gradients of any order reach the pictures.

    - `color`: adds up to 0.5 to the brightness, multiplies the saturation (of three channels) by 0 to 2 and the
      contrast by 0.5 to 1.5, in this order.
    - `translation`: moves by at most an eighth of each side, rounded.
    - `cutout`: a hole of half of each side, its centre anywhere.

    Moved-in pixels and the hole are 0, which is the middle of [-1, 1] and not black, as in the authors' code; that
    does no harm where real and generated pictures have it alike. Values may leave [-1, 1].

    The layer is for training steps alone; an exported graph never has it.

    Args:
        kinds: applied in this order; none leaves pictures as they are.

    - `mirror`: half of the pictures left to right.
    - `geometry`: turned by any angle, enlarged or reduced by `2^0.2` for one standard deviation, and its sides likewise
      against each other, about the centre, by bilinear interpolation.
    - `affine`: what leaves a handwritten character the same: turned by up to 15 degrees, sheared by up to 0.3, each
      side multiplied by `e^-0.2` to `e^0.2`, and moved by up to a sixteenth. Outside, the pixels of the edge go on.

    Input: pictures (batch, height, width, channels) of static shape but for the batch; noise (batch, noise_size),
    uniform on [0, 1); which kinds a picture gets, (batch, kinds), true or false, all by default.
    Output: as the pictures.

    Raises:
        InputError: an unknown kind.

    Source: Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training", section 3; `mirror` and
    `geometry`: Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data", appendix B.
    """

    def __init__(self, kinds: Sequence[Augmentation], **kwargs: Any) -> None:
        # Half precision would make a handful of values of the noise.
        super().__init__(autocast=False, **kwargs)
        self.changes = [AUGMENTATIONS.find(kind) for kind in kinds]
        self.kinds = tuple(kinds)
        self.built = True

    @property
    def noise_size(self) -> int:
        """Uniform numbers that a picture takes."""
        return sum(change.noise_size for change in self.changes)

    def call(self, images: tf.Tensor, noise: tf.Tensor, chosen: tf.Tensor | None = None) -> tf.Tensor:
        sizes = [change.noise_size for change in self.changes]
        parts = tf.split(noise, sizes, axis=1) if sizes else ()
        for kind, (change, part) in enumerate(zip(self.changes, parts, strict=True)):
            changed = change.apply(images, part)
            images = changed if chosen is None else tf.where(chosen[:, kind, None, None, None], changed, images)
        return images

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "kinds": self.kinds}


def _color(images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """Brightness, saturation and contrast."""
    brightness, saturation, contrast = tf.unstack(tf.cast(noise, images.dtype)[:, :, None, None, None], axis=1)
    images += brightness - 0.5
    if images.shape[-1] == COLOR_CHANNELS:
        images = _away_from_mean(images, 2.0 * saturation, axes=[3])
    return _away_from_mean(images, 0.5 + contrast, axes=[1, 2, 3])


def _away_from_mean(images: tf.Tensor, factor: tf.Tensor, axes: list[int]) -> tf.Tensor:
    mean = tf.reduce_mean(images, axis=axes, keepdims=True)
    return mean + factor * (images - mean)


def _translation(images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """Moved by up to an eighth of each side; what comes in is 0."""
    for axis in (1, 2):
        side = images.shape[axis]
        most = int(side * SHIFT + 0.5)
        shift = _integers(noise[:, axis - 1], 2 * most + 1) - most
        # Pixel y comes from y - shift; a border of zeros is where every place outside comes from.
        source = tf.clip_by_value(tf.range(side)[None] - shift[:, None], -1, side) + 1
        padded = tf.pad(images, [[1, 1] if a == axis else [0, 0] for a in range(4)])
        images = tf.gather(padded, source, axis=axis, batch_dims=1)
    return images


def _cutout(images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """A hole of 0, with half of each side, at a random place."""
    rows, columns = (_in_hole(images.shape[axis], noise[:, axis - 1]) for axis in (1, 2))
    hole = rows[:, :, None, None] & columns[:, None, :, None]
    return images * tf.cast(~hole, images.dtype)


def _in_hole(side: int, noise: tf.Tensor) -> tf.Tensor:
    """Which places of a side the hole covers, (batch, side)."""
    length = int(side * HOLE + 0.5)
    first = _integers(noise, side + 1 - length % 2) - length // 2
    places = tf.range(side)[None]
    return (places >= first[:, None]) & (places < first[:, None] + length)


def _mirror(images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """Half of the pictures left to right."""
    return tf.where(noise[:, :, None, None] < 0.5, images[:, :, ::-1], images)


def _geometry(images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """Turned and stretched; what comes in is 0."""
    height, width = images.shape[1:3]
    noise = tf.cast(noise, tf.float32)
    angle = 2.0 * math.pi * noise[:, 0]
    normal = tf.math.ndtri(tf.clip_by_value(noise[:, 1:], 1e-3, 1.0 - 1e-3))
    size, sides = (tf.exp(STRETCH * math.log(2.0) * part)[:, None, None] for part in tf.unstack(normal, axis=1))
    cosine, sine = tf.cos(angle)[:, None, None], tf.sin(angle)[:, None, None]
    down, right = _from_the_centre(height, width)
    # Where each pixel comes from.
    rows = (cosine * down - sine * right) / (size * sides) + (height - 1) / 2.0
    columns = (sine * down + cosine * right) * sides / size + (width - 1) / 2.0
    return _interpolated(images, rows, columns)


def _affine(images: tf.Tensor, noise: tf.Tensor) -> tf.Tensor:
    """Turned, sheared, stretched and moved a little; what comes in is the edge."""
    height, width = images.shape[1:3]
    draws = tf.unstack(2.0 * tf.cast(noise, tf.float32)[:, :, None, None] - 1.0, axis=1)
    turn, shear, down_side, right_side, down_move, right_move = draws
    angle, slant = TURN * turn, SHEAR * shear
    down, right = _from_the_centre(height, width)
    rows = tf.exp(SIDE * down_side) * (tf.cos(angle) * down - tf.sin(angle) * right) + MOVE * height * down_move
    columns = tf.sin(angle) * down + tf.cos(angle) * right + slant * down
    columns = tf.exp(SIDE * right_side) * columns + MOVE * width * right_move
    places = [
        tf.clip_by_value(place + (side - 1) / 2.0, 0.0, side - 1.0)
        for place, side in ((rows, height), (columns, width))
    ]
    return _interpolated(images, *places)


def _from_the_centre(height: int, width: int) -> list[tf.Tensor]:
    """How far each pixel is below the centre and to the right of it, two of (height, width)."""
    sides = (tf.range(side, dtype=tf.float32) - (side - 1) / 2.0 for side in (height, width))
    return tf.meshgrid(*sides, indexing="ij")


def _interpolated(images: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Pixels between others, bilinearly; outside they are 0."""
    height, width = images.shape[1:3]
    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]])
    top, left = tf.floor(rows), tf.floor(columns)
    total = tf.zeros_like(images)
    for below in (0, 1):
        for beside in (0, 1):
            row, column = top + below, left + beside
            weight = (1.0 - tf.abs(rows - row)) * (1.0 - tf.abs(columns - column))
            places = [
                tf.cast(tf.clip_by_value(place + 1.0, 0.0, side + 1.0), tf.int32)
                for place, side in ((row, height), (column, width))
            ]
            pixels = tf.gather_nd(padded, tf.stack(places, axis=-1), batch_dims=1)
            total += tf.cast(weight[..., None], images.dtype) * pixels
    return total


def _integers(noise: tf.Tensor, n: int) -> tf.Tensor:
    """Uniform numbers on [0, 1) as integers from 0 to n - 1."""
    return tf.minimum(tf.cast(noise * n, tf.int32), n - 1)


AUGMENTATIONS: Registry[PictureChange] = Registry(
    "augmentation",
    {
        "color": PictureChange(3, _color),
        "translation": PictureChange(2, _translation),
        "cutout": PictureChange(2, _cutout),
        "mirror": PictureChange(1, _mirror),
        "geometry": PictureChange(3, _geometry),
        "affine": PictureChange(6, _affine),
    },
    kind=PictureChange,
)
Augmentation: TypeAlias = Annotated[str, AUGMENTATIONS]
