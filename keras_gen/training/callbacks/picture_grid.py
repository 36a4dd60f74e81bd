"""Image grids that show the progress of training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_gen.training.run_files import picture_name
from serving.common.images import write_png
from serving.common.points import overview


class PictureGrid(keras.callbacks.Callback):
    """Writes a grid of images per epoch, `epoch_0001.png` and so on, and logs it to TensorBoard.

    Args:
        pictures: function that returns float images, (n, height, width, channels) in [-1, 1]; with the same latents
            each time, the grids can be compared. Points become a scatter plot.
        folder: where the PNG files go.
        log_dir: TensorBoard's folder, or None.
        every: number of epochs between two grids; the last epoch always has one.
    """

    def __init__(
        self, pictures: Callable[[], np.ndarray], folder: Path, log_dir: Path | None = None, every: int = 1
    ) -> None:
        super().__init__()
        self.pictures = pictures
        self.folder = folder
        self.writer = tf.summary.create_file_writer(str(log_dir)) if log_dir else None
        self.every = every

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        finished = epoch + 1
        if finished % self.every and finished != self.params["epochs"]:
            return
        picture = overview(self.pictures())
        write_png(self.folder / picture_name(finished), picture)
        if self.writer:
            with self.writer.as_default():
                tf.summary.image("samples", picture[None], step=finished)
                self.writer.flush()
