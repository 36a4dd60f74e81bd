"""What an autoencoder minimizes, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import tensorflow as tf

from keras_gen.losses.reconstruction import absolute_error, squared_error
from keras_gen.losses.structural import WINDOW, ms_ssim_error
from keras_gen.registry import Registry


@dataclass(frozen=True)
class ReconstructionLoss:
    """How far a reconstruction is from its picture.

    Attributes:
        error: of pictures in [-1, 1] and reconstructions, both (batch, height, width, channels): one value per
            picture, (batch,).
        least_side: of the pictures that it can compare, in pixels.
    """

    error: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    least_side: int = 1


RECONSTRUCTIONS: Registry[ReconstructionLoss] = Registry(
    "reconstruction",
    {
        "squared_error": ReconstructionLoss(squared_error),
        "absolute_error": ReconstructionLoss(absolute_error),
        "ms_ssim": ReconstructionLoss(ms_ssim_error, WINDOW),
    },
    kind=ReconstructionLoss,
)
Reconstruction: TypeAlias = Annotated[str, RECONSTRUCTIONS]
