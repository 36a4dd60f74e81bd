"""Pictures from a user's files, in the shape that a bundle takes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from serving.bundle.manifest import Image
from serving.common.array_files import SUFFIX as ARRAY
from serving.common.array_files import is_array_name, read_picture
from serving.common.errors import InputError
from serving.common.formats import AND_OPACITY, MOST_CHANNELS, read_suffixes
from serving.common.frames import count_frames
from serving.common.images import MAX_PIXELS, conform_array, picture_files, read_image
from serving.common.interpolation import Interpolation, some
from serving.common.levels import Levels

log = logging.getLogger(__name__)


def read_pictures(places: Sequence[str | Path], image: Image, resize: bool = False) -> np.ndarray:
    """Reads files, and the picture files directly in folders, in the order given and by name.

    Of a bundle with opacity as a channel, a picture file without any is opaque. An array (height, width, channels) in
    a `.npy` file is a picture of as many channels; more than four come so alone.

    Args:
        places: files and folders.
        image: the shape that the bundle takes.
        resize: bring pictures of another size or channel count to that shape: the largest centred part of its
            aspect, resampled as in training, or by the number of their colours. Otherwise they are refused.

    Returns:
        uint8, (n, height, width, channels).

    Raises:
        InputError: nothing to read, a file that is no picture, or one of another shape; it is named.
    """
    wanted = (image.height, image.width, image.channels)
    levels = Levels(image.value_range, keep_bytes=True)
    pictures, files = [], picture_paths(places, image.channels)
    interpolation = Interpolation(image.interpolation)
    if resize:
        interpolation.settle((_whole(file, image, levels, resize) for file in some(files)), wanted[:2])
        interpolation.say(str(places[0]), otherwise="")
    for file in files:
        if (count := count_frames(file)) > 1:
            log.warning("%s has %d frames, of which the first is read.", file, count)
        picture = _whole(file, image, levels, resize)
        if resize:
            picture = conform_array(str(file), picture, wanted[:2], None, interpolation.resampling)
        if picture.shape != wanted:
            raise InputError(
                f"{file} must be {size_text(wanted)}, which the bundle takes; --resize converts it. "
                f"Received: {size_text(picture.shape)}."
            )
        pictures.append(picture)
    return np.stack(pictures)


def _whole(file: Path, image: Image, levels: Levels, resize: bool) -> np.ndarray:
    """A picture in its own size, with the channels of the bundle where it may be converted."""
    if is_array_name(file):
        return read_picture(file, image.channels, MAX_PIXELS, levels)
    if image.channels > MOST_CHANNELS:
        raise InputError(
            f"{file} must be a {ARRAY} file for a bundle of {image.channels} channels. Received: a picture."
        )
    channels = image.channels if resize or image.channels in AND_OPACITY else None
    return read_image(file, channels=channels, levels=levels)


def picture_paths(places: Sequence[str | Path], channels: int) -> list[Path]:
    """The files that `read_pictures` reads, in its order.

    Args:
        places: files and folders.
        channels: of the bundle; arrays of a folder are read where they are more than a picture file holds.

    Raises:
        InputError: a place that is not there, a folder without pictures, or no places.
    """
    files = []
    for place in map(Path, places):
        if place.is_dir():
            found = picture_files(place, channels)
            if not found:
                kinds = read_suffixes(channels)
                raise InputError(f"{place} must hold pictures ({kinds}). Received: a folder without any.")
            files += found
        elif place.is_file():
            files.append(place)
        else:
            raise InputError(f"{place} must be a picture or a folder of pictures. Received: no such file.")
    if not files:
        raise InputError("at least one picture must be given. Received: 0 pictures.")
    return files


def size_text(shape: tuple[int, ...]) -> str:
    """(height, width, channels) as people say it: `640x480x3` is 640 wide."""
    return f"{shape[1]}x{shape[0]}x{shape[2]}"
