"""A random part of each picture, and a mirror."""

from __future__ import annotations

import tensorflow as tf


def random_parts(
    a: tf.Tensor, b: tf.Tensor, crop: tuple[int, int] | None, mirror: bool, seed: tf.Tensor, paired: bool
) -> tuple[tf.Tensor, tf.Tensor]:
    """A part of each picture at a random place, every second one mirrored left to right.

    Args:
        a: (batch, height, width, channels).
        b: (batch, height, width, channels).
        crop: (height, width) of the part, at most the pictures' own; None for the whole picture.
        mirror: whether to mirror.
        seed: (2,) int64; the same seed gives the same parts.
        paired: take the same part of both.
    """
    if paired:
        channels = a.shape[-1]
        both = _parts(tf.concat([a, b], axis=-1), crop, mirror, seed)
        return both[..., :channels], both[..., channels:]
    return _parts(a, crop, mirror, seed), _parts(b, crop, mirror, ~seed)


def _parts(images: tf.Tensor, crop: tuple[int, int] | None, mirror: bool, seed: tf.Tensor) -> tf.Tensor:
    batch, (height, width, channels) = tf.shape(images)[0], images.shape[1:]
    draws = tf.random.stateless_uniform((batch, 3), seed)
    if crop is not None:
        spare = tf.constant([height - crop[0], width - crop[1]])
        corners = tf.cast(draws[:, :2] * tf.cast(spare + 1, tf.float32), tf.int32)
        images = tf.map_fn(
            lambda of: tf.image.crop_to_bounding_box(of[0], of[1][0], of[1][1], *crop),
            (images, corners),
            fn_output_signature=tf.TensorSpec((*crop, channels), images.dtype),
        )
    if mirror:
        images = tf.where(draws[:, 2, None, None, None] < 0.5, images[:, :, ::-1], images)
    return images
