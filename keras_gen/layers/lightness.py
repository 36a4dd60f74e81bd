"""Colours put onto a picture whose lightness stays as it is."""

from __future__ import annotations

import keras
import tensorflow as tf

# What 1 of the network is of a and b.
SPAN = 110.0
# From X, Y and Z to red, green and blue of sRGB, and the white of both: IEC 61966-2-1.
TO_RGB = (
    (3.2406255, -1.5372080, -0.4986286),
    (-0.9689307, 1.8757561, 0.0415175),
    (0.0557101, -0.2040211, 1.0569959),
)
WHITE = (0.9504559, 1.0, 1.0890578)
LUMINANCE = (0.2126390, 0.7151687, 0.0721923)
# Where the cube root of CIE 1976 L*a*b* becomes a line.
KNEE = 6 / 29
SMALL = 1e-6


@keras.saving.register_keras_serializable(package="keras_gen")
class SameLightness(keras.layers.Layer):
    """Gives grey pictures colours, a and b of CIE 1976 L*a*b*, and keeps their lightness.

    A colour that sRGB does not have is moved towards the grey until it has it, which in amounts of light changes no
    luminance: what is given is in the result exactly, but for rounding.

    Inputs: pictures in [-1, 1], (batch, height, width, 3), whose channels are averaged; a and b in units of 110,
    (batch, height, width, 2).
    Output: pictures in [-1, 1], (batch, height, width, 3).

    Source: CIE 15:2018, "Colorimetry", 8.2.1; IEC 61966-2-1, "Default RGB colour space - sRGB".
    """

    def call(self, images: tf.Tensor, colours: tf.Tensor) -> tf.Tensor:
        grey = tf.reduce_mean(tf.cast(images, tf.float32), axis=-1, keepdims=True)
        luminance = _linear(tf.clip_by_value((grey + 1.0) / 2.0, 0.0, 1.0))
        light = luminance + self._chroma(luminance, SPAN * tf.cast(colours, tf.float32))
        return tf.cast(2.0 * _encoded(light) - 1.0, self.compute_dtype)

    def _chroma(self, luminance: tf.Tensor, colours: tf.Tensor) -> tf.Tensor:
        """What red, green and blue are more than the grey, in amounts of light."""
        a, b = tf.split(colours, 2, axis=-1)
        root = _root(luminance)
        x, z = WHITE[0] * _cube(root + a / 500.0), WHITE[2] * _cube(root - b / 200.0)
        xyz = tf.concat([x, luminance, z], axis=-1)
        rgb = tf.linalg.matmul(xyz, tf.constant(TO_RGB, tf.float32), transpose_b=True)
        # The rounding of the matrix must not change the luminance.
        more = rgb - luminance
        more -= tf.reduce_sum(more * tf.constant(LUMINANCE), axis=-1, keepdims=True)
        room = tf.where(more > 0, 1.0 - luminance, luminance)
        share = tf.reduce_min(room / tf.maximum(tf.abs(more), SMALL), axis=-1, keepdims=True)
        return more * tf.minimum(share, 1.0)

    def compute_output_shape(
        self, images_shape: tuple[int | None, ...], colours_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return images_shape


def _linear(encoded: tf.Tensor) -> tf.Tensor:
    return tf.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _encoded(light: tf.Tensor) -> tf.Tensor:
    light = tf.clip_by_value(light, 0.0, 1.0)
    above = 1.055 * tf.maximum(light, SMALL) ** (1 / 2.4) - 0.055
    return tf.where(light <= 0.0031308, 12.92 * light, above)


def _root(luminance: tf.Tensor) -> tf.Tensor:
    above = tf.maximum(luminance, SMALL) ** (1 / 3)
    return tf.where(luminance > KNEE**3, above, luminance / (3 * KNEE**2) + 4 / 29)


def _cube(root: tf.Tensor) -> tf.Tensor:
    return tf.where(root > KNEE, root**3, 3 * KNEE**2 * (root - 4 / 29))
