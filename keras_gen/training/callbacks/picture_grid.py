"""Pictures that show how training goes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from serving.common.images import grid, to_uint8, write_png


class PictureGrid(keras.callbacks.Callback):
    """Writes a grid of pictures as `epoch_0001.png` and so on, and to TensorBoard.

    Args:
        pictures: gives float pictures, (n, height, width, channels) in [-1, 1]; the same latents each time
            make the grids comparable.
        folder: where the PNG files go.
        log_dir: TensorBoard's folder, or None.
        every: epochs between two grids; the last epoch always gets one.
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
        picture = grid(to_uint8(self.pictures()))
        write_png(self.folder / f"epoch_{finished:04d}.png", picture)
        if self.writer:
            with self.writer.as_default():
                tf.summary.image("samples", picture[None], step=finished)
                self.writer.flush()
