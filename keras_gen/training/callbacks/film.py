"""A film of the training: small frames, few enough to be shown in a web page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np
import tensorflow as tf

from keras_gen.training.position import BEGINNING, Position
from serving.common.files import whole_file

Frame: TypeAlias = Mapping[str, np.ndarray]
FILE_NAME = re.compile(r"epoch_(\d+)\.npz")
STRIDE, STILL = "stride.json", "still.npz"
MOST_FRAMES, MOST_BYTES = 60, 2 * 2**20


class Film(keras.callbacks.Callback):
    """Keeps frames of some epochs, at most 60 and 2 MiB together, and the one from before training.

    Frames are taken of every epoch at first. Whenever there are too many, only those of epochs that are multiples of
    2, 4, 8, ... stay, and only such are taken from then on; the newest one always stays. A resumed run ends with the
    frames of one that was not interrupted.

    Args:
        folder: gets `epoch_0001.npz` after the first epoch.
        frame: function from the model to the arrays of a frame, by name.
        position: epoch and step at which training begins; frames of later ones are removed.
        still: arrays that are the same in every frame, by name, for `still.npz`.
    """

    def __init__(
        self,
        folder: Path,
        frame: Callable[[keras.Model], Frame],
        position: Position = BEGINNING,
        still: Frame | None = None,
    ) -> None:
        super().__init__()
        self.folder = folder
        self.frame = frame
        self.position = position
        self.still = dict(still or {})

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        if self.still:
            _write(self.folder / STILL, self.still)
        if self.position == BEGINNING:
            self._take(0)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        for later, file in frames_in(self.folder).items():
            if later > epoch:
                file.unlink()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        finished = epoch + 1
        if finished % stride_of(self.folder) == 0 or finished == self.params["epochs"]:
            self._take(finished)

    def _take(self, epoch: int) -> None:
        step = int(tf.convert_to_tensor(self.model.noise.step))
        _write(self.folder / f"epoch_{epoch:04d}.npz", {"step": np.asarray(step), **self.frame(self.model)})
        self._thin(epoch)

    def _thin(self, newest: int) -> None:
        frames, stride = frames_in(self.folder), stride_of(self.folder)
        sizes = {epoch: file.stat().st_size for epoch, file in frames.items()}

        def kept() -> list[int]:
            return [epoch for epoch in sizes if epoch % stride == 0 or epoch == newest]

        while (len(kept()) > MOST_FRAMES or sum(sizes[epoch] for epoch in kept()) > MOST_BYTES) and stride <= newest:
            stride *= 2
        # Before files are removed: the stride says which ones a run that is killed here need not have.
        with whole_file(self.folder / STRIDE) as temporary:
            temporary.write_text(json.dumps(stride), encoding="utf-8")
        for epoch in sizes.keys() - set(kept()):
            frames[epoch].unlink()


def _write(path: Path, arrays: dict[str, Any]) -> None:
    """Writes arrays by name; the same ones give the same bytes."""
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def frames_in(folder: Path) -> dict[int, Path]:
    """The frames in a folder by their epoch, in order."""
    found = [(match, path) for path in folder.glob("epoch_*.npz") if (match := FILE_NAME.fullmatch(path.name))]
    return dict(sorted((int(match[1]), path) for match, path in found))


def stride_of(folder: Path) -> int:
    """Of which epochs frames are taken: of multiples of this."""
    file = folder / STRIDE
    return int(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else 1
