"""Picture files of several frames: animations, and TIFF files of several pages."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from serving.common import array_files, formats
from serving.common.errors import InputError
from serving.common.files import whole_file
from serving.common.images import ALL, MAX_PIXELS, frame_count, opened, pixels_of, save_options, with_opacity
from serving.common.levels import Levels


@dataclass(frozen=True)
class Frames:
    """The pictures of a file.

    Attributes:
        pictures: uint8 (height, width, channels) each; pages of a TIFF file may differ in size.
        opacities: uint8 (height, width) each, or None for an opaque picture.
        durations: of each in milliseconds; empty where the file is no animation.
        loop: how often an animation is shown, as its format counts it; None where it does not say so.
    """

    pictures: list[np.ndarray]
    opacities: list[np.ndarray | None]
    durations: list[float]
    loop: int | None = None

    @property
    def of_one_size(self) -> bool:
        """Whether they can be translated together."""
        return all(one.shape == other.shape for one, other in pairwise(self.pictures))


def read_frames(
    source: Path,
    channels: int = 3,
    max_pixels: int = MAX_PIXELS,
    levels: Levels | None = None,
    frames: str = ALL,
) -> Frames:
    """Decodes a picture file, each frame like `read_with_opacity`, or reads the picture of an array.

    Args:
        source: a file.
        channels: as `read_image` takes them; of an array, how many it must have.
        max_pixels: of all frames together; a larger file is refused before it is decoded.
        levels: which numbers become black and white.
        frames: `all`, or the `first`.

    Raises:
        InputError: as `read_image`.
    """
    levels = levels or Levels()
    if array_files.is_array_name(source):
        return Frames([array_files.read_picture(source, channels, max_pixels, levels)], [None], [])
    with opened(source, max_pixels, levels) as image:
        count = frame_count(image) if frames == ALL else 1
        if count * image.width * image.height > max_pixels:
            raise InputError(
                f"{source} must have at most {max_pixels} pixels in all of its frames; --frames first takes the first. "
                f"Received: {count} frames of {image.width}x{image.height}."
            )
        # The first picture of an APNG may be for programs that know no animation.
        start = 1 if count > 1 and getattr(image, "default_image", False) else 0
        found = Frames([], [], [], image.info.get("loop"))
        for index in range(start, count):
            if count > 1:
                image.seek(index)
            picture, opacity = pixels_of(image, levels, str(source), None, channels)
            found.pictures.append(picture)
            found.opacities.append(opacity)
            if count > 1 and image.format != "TIFF":
                found.durations.append(float(image.info.get("duration", 0)))
        return found


def read_frame(
    source: Path,
    index: int,
    size: tuple[int, int] | None,
    channels: int | None,
    levels: Levels | None,
    resampling: Image.Resampling,
) -> np.ndarray:
    """One frame of a file, like `read_image`."""
    levels = levels or Levels()
    with opened(source, MAX_PIXELS, levels) as image:
        image.seek(index)
        return pixels_of(image, levels, str(source), size, channels, resampling)[0]


def count_frames(source: Path) -> int:
    """How many frames a file has; 1 for a file that only holds one, without looking at it."""
    if formats.format_of(source) not in formats.HOLDING_FRAMES:
        return 1
    with opened(source, MAX_PIXELS, Levels()) as image:
        return frame_count(image)


def check_frames(source: Path, target: Path, frames: Frames) -> None:
    """Raises InputError where a file of several frames is to become one of a format that holds one."""
    if len(frames.pictures) > 1 and formats.format_of(target) not in formats.WITH_FRAMES:
        raise InputError(
            f"{target} must be of a format with frames (.gif, .png, .webp, .tif, ...), or --frames first takes the "
            f"first. Received: {source} of {len(frames.pictures)} frames."
        )


def write_frames(path: Path, frames: Frames) -> None:
    """Writes pictures as one file, completely or not at all, in the format that the suffix names.

    Args:
        path: a file name of a format that holds as many, and their channels.
        frames: what to write.
    """
    if array_files.is_array_name(path):
        array_files.write_array(path, frames.pictures[0])
        return
    name = formats.format_of(path)
    keeps = name in formats.WITH_OPACITY
    first, *others = (
        with_opacity(picture, opacity if keeps else None)
        for picture, opacity in zip(frames.pictures, frames.opacities, strict=True)
    )
    options: dict[str, Any] = save_options(name)
    if others:
        options |= {"save_all": True, "append_images": others}
    if others and name != "TIFF":
        options["duration"] = [round(duration) for duration in frames.durations] or 100
        if frames.loop is not None:
            options["loop"] = frames.loop
        clear = frames.pictures[0].shape[2] in formats.AND_OPACITY or any(one is not None for one in frames.opacities)
        if name == "GIF" and clear:
            options["disposal"] = 2
    with whole_file(path) as temporary:
        first.save(temporary, format=name, **options)
