"""Picture files as a source's pictures: each file is one, or each of its frames is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from keras_gen.data.examples import Shape
from keras_gen.data.streams import Stream, decoded
from serving.common.frames import count_frames, read_frame
from serving.common.images import ALL, FIRST, read_image
from serving.common.interpolation import some


def read_file(shape: Shape, file: Path) -> np.ndarray:
    """The picture of a file in the shape asked for; one of several frames is refused, unless the first is asked for."""
    resampling = shape.interpolation.resampling
    return read_image(file, shape.size, shape.channels, levels=shape.levels, frames=shape.frames, resampling=resampling)


def look_at(shape: Shape, files: Sequence[Path]) -> None:
    """Decides how the pictures of files are resized, by a few of them."""
    whole = shape._replace(size=None, frames=FIRST)
    shape.interpolation.settle((read_file(whole, file) for file in some(files)), shape.size)


def decoded_files(
    name: str, files: Sequence[Path], shape: Shape, labels: Sequence[int] | None = None, classes: tuple[str, ...] = ()
) -> Stream:
    """The pictures of files, decoded as they are asked for.

    Args:
        name: what they were opened by.
        files: of pictures.
        shape: what is asked for; with `frames` of `all`, each frame is a picture, with the label of its file.
        labels: of each file; None if unknown.
        classes: names of the classes.
    """
    look_at(shape, files)
    if shape.frames != ALL:
        return decoded(name, files, partial(read_file, shape), labels, classes)
    frames = [(row, index) for row, file in enumerate(files) for index in range(count_frames(file))]
    items = [(files[row], index) for row, index in frames]
    of_frames = None if labels is None else [labels[row] for row, _ in frames]
    places = [f"frame {index} of {file}" for file, index in items]
    return decoded(name, items, partial(_read_frame, shape), of_frames, classes, places)


def _read_frame(shape: Shape, item: tuple[Path, int]) -> np.ndarray:
    file, index = item
    return read_frame(file, index, shape.size, shape.channels, shape.levels, shape.interpolation.resampling)
