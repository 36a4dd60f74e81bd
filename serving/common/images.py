"""Reading and writing picture files. Training and serving use the same code, so both see the same pixels.

Inside arrays a picture is uint8, (height, width, channels). Picture files hold 1 channel (grey), 2 (grey and opacity),
3 (RGB) or 4 (RGB and opacity); files of arrays (`array_files.py`) hold any number.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from serving.common.colours import in_srgb
from serving.common.errors import InputError
from serving.common.files import whole_file
from serving.common.formats import AND_OPACITY, HOLDING_FRAMES, WITH_OPACITY, format_of, is_read_name
from serving.common.levels import BITS_8, BITS_16, Levels

MAX_PIXELS = 100_000_000
# Takes a third of the time of zlib's default level and 7 % more bytes; for photographs of 256x256, 5.5 and 17 ms.
PNG_OPTIONS: dict[str, Any] = {"compress_level": 3}
JPEG_QUALITY, LOSSY = 95, {"AVIF", "JPEG", "WEBP"}
# Of a file with several frames: which are taken.
FIRST, ALL = "first", "all"
# Modes of Pillow with more than 8 bits for a pixel.
INTEGERS = ("I", "I;16", "I;16B", "I;16L", "I;16N")
FLOATS = "F"
# By the number of channels of a picture file; where opacity is one of them, it is a channel like any other.
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}


def read_image(
    source: Path | bytes,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    max_pixels: int = MAX_PIXELS,
    levels: Levels | None = None,
    frames: str | None = FIRST,
    resampling: Image.Resampling = Image.Resampling.BICUBIC,
) -> np.ndarray:
    """Decodes a picture with 8 bits per channel, upright.

    16-bit pictures are scaled to 8 bits, CMYK and palettes are converted to RGB, colours with an ICC profile to sRGB,
    and the EXIF orientation is applied. Transparent pixels become white, unless opacity is asked for as a channel.

    Args:
        source: a file, or the bytes of one.
        size: (height, width) to resize to: the largest centred part with this aspect ratio is resampled with an
            antialiasing filter. None keeps the size.
        channels: 1 (grey) or 3 (RGB); 2 or 4 for opacity as one more channel, 255 for a picture without any; None
            keeps grey pictures grey and converts all others to RGB.
        max_pixels: a larger picture is refused before it is decoded.
        levels: which numbers become black and white; full scale by default.
        frames: `first` takes the first frame of a file that has several; None refuses such a file.
        resampling: Pillow's name of the way to resize.

    Returns:
        uint8, shape (height, width, channels).

    Raises:
        InputError: the file is not a picture, is truncated, is too large, or cannot have as many channels; the message
            names the file.
    """
    levels = levels or Levels()
    with opened(source, max_pixels, levels) as image:
        if frames is None and (count := frame_count(image)) > 1:
            raise _UnfitError(
                f"must hold one picture; --frames first takes the first of a file, --frames all every one. "
                f"Received: {count} frames."
            )
        return pixels_of(image, levels, _name(source), size, channels, resampling)[0]


def read_with_opacity(
    source: Path | bytes,
    channels: int | None = None,
    max_pixels: int = MAX_PIXELS,
    levels: Levels | None = None,
    kinds: tuple[str, ...] | None = None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Decodes a picture like `read_image`, and the opacity of each pixel.

    Args and raises: as `read_image`; `kinds` are Pillow's names of the only formats that are tried, all by default.

    Returns:
        uint8 (height, width, channels); and the opacity, uint8 (height, width), 255 for an opaque pixel, or None for a
        picture without transparency and where opacity is one of the channels.
    """
    levels = levels or Levels()
    with opened(source, max_pixels, levels, kinds) as image:
        return pixels_of(image, levels, _name(source), None, channels)


def pixels_of(
    image: Image.Image,
    levels: Levels,
    name: str,
    size: tuple[int, int] | None,
    channels: int | None,
    resampling: Image.Resampling = Image.Resampling.BICUBIC,
) -> tuple[np.ndarray, np.ndarray | None]:
    """What `read_with_opacity` gives, of the frame that an open file is at."""
    if channels is not None and channels not in MODES:
        raise _UnfitError(f"must have 1 to 4 channels, as every picture file. Received: requested {channels}.")
    picture = _eight_bits(ImageOps.exif_transpose(image), levels, name, channels in AND_OPACITY)
    if channels in AND_OPACITY:
        return conform(picture, size, channels, resampling), None
    opacity = np.asarray(picture.getchannel("A")) if picture.has_transparency_data else None
    return conform(on_white(picture), size, channels, resampling), opacity


def frame_count(image: Image.Image) -> int:
    """How many frames a file has that is shown as more than one picture."""
    return getattr(image, "n_frames", 1) if image.format in HOLDING_FRAMES else 1


def _name(source: Path | bytes) -> str:
    return "the picture" if isinstance(source, bytes) else str(source)


def let_pillow_decode(max_pixels: int) -> None:
    """Turns off the limit of Pillow (180 million pixels) if `max_pixels` of the functions above allows more."""
    if max_pixels > MAX_PIXELS:
        Image.MAX_IMAGE_PIXELS = None


class _UnfitError(InputError):
    """A message without the name of the picture in front."""


@contextmanager
def opened(
    source: Path | bytes, max_pixels: int, levels: Levels, kinds: tuple[str, ...] | None = None
) -> Iterator[Image.Image]:
    """A file at its first frame; an error of its decoder becomes an InputError of one line."""
    name = _name(source)
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=kinds) as image:
            if image.width * image.height > max_pixels:
                raise InputError(
                    f"{name} must have at most {max_pixels} pixels. Received: {image.width}x{image.height}."
                )
            _check_depth(name, image, levels)
            yield image
    except _UnfitError as error:
        raise InputError(f"{name} {error}") from None
    except InputError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever a broken file makes them trip over
        raise InputError(
            f"{name} must be a readable picture. Received: {type(error).__name__}: {_one_line(error)}"
        ) from error


def conform(
    image: Image.Image,
    size: tuple[int, int] | None,
    channels: int | None,
    resampling: Image.Resampling = Image.Resampling.BICUBIC,
) -> np.ndarray:
    """Converts a picture with one of `MODES` to the requested shape.

    Args:
        image: the picture.
        size: (height, width); the largest centred part with this aspect ratio is resampled to it with an
            antialiasing filter, each channel by itself. None keeps the size.
        channels: 1 to 4; None keeps them.
        resampling: Pillow's name of the way to resize.

    Returns:
        uint8, (height, width, channels).
    """
    if channels is not None:
        image = image.convert(MODES[channels])
    return _fitted(np.dstack([np.asarray(image)]), size, resampling)


def conform_array(
    name: str,
    picture: np.ndarray,
    size: tuple[int, int] | None,
    channels: int | None,
    resampling: Image.Resampling = Image.Resampling.BICUBIC,
) -> np.ndarray:
    """Converts a uint8 picture (height, width, channels) as `conform` does; grey becomes RGB and the reverse.

    Raises:
        InputError: another number of channels than asked for, which cannot be converted.
    """
    check_channels(name, picture.shape[2], channels)
    if channels in (None, picture.shape[2]):
        return _fitted(picture, size, resampling)
    return conform(as_pillow(picture), size, channels, resampling)


def _fitted(picture: np.ndarray, size: tuple[int, int] | None, resampling: Image.Resampling) -> np.ndarray:
    """The largest centred part with the aspect ratio of a size, resampled to it."""
    if size is None or picture.shape[:2] == size:
        return picture
    return by_channel(picture, lambda part: ImageOps.fit(part, (size[1], size[0]), resampling))


def check_channels(name: str, received: int, wanted: int | None) -> None:
    """Raises InputError where arrays with a number of channels cannot become some with another: only grey and RGB
    can."""
    if wanted not in (None, received) and {wanted, received} != {1, 3}:
        raise InputError(f"{name} must have {wanted} channels where --channels is {wanted}. Received: {received}.")


def by_channel(picture: np.ndarray, change: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    """Lets Pillow change a picture of any number of channels, which must not be mixed: where Pillow knows that one of
    them is opacity, it multiplies the others by it.

    Args:
        picture: uint8 (height, width, channels).
        change: what is done to it, or to each of its channels.
    """
    together = picture.ndim == 2 or picture.shape[2] in (1, 3)
    parts = [picture] if together else np.split(picture, picture.shape[2], axis=2)
    return np.dstack([np.asarray(change(as_pillow(np.dstack([part])))) for part in parts])


def _check_depth(name: str, image: Image.Image, levels: Levels) -> None:
    """Colours of 16 bits are 8 bits once Pillow has decoded them, which is too late for a range of their numbers."""
    tiles = getattr(image, "tile", [])
    if image.mode in INTEGERS or not any(";16" in str(tile[3]) for tile in tiles):
        return
    if levels.value_range is not None or levels.measuring:
        raise InputError(
            f"{name} must be grey, or have 8 bits, where --value-range is given. Received: {image.mode} of 16 bits; "
            "an array in an .npz file may hold such colours."
        )


def _eight_bits(image: Image.Image, levels: Levels, name: str, and_opacity: bool) -> Image.Image:
    """Converts to 8 bits per channel of sRGB: grey (`L`) stays grey, everything else becomes `RGB`, and `LA` or `RGBA`
    where there is transparency, to whose numbers the range applies too if `and_opacity`."""
    profile = image.info.get("icc_profile")
    if image.mode in (*INTEGERS, FLOATS):
        image = _of_deep_picture(image, levels)
        image.info["icc_profile"] = profile
        return in_srgb(image, name)
    image = in_srgb(image, name)
    if image.has_transparency_data:
        return _in_range(image.convert("LA" if image.mode == "LA" else "RGBA"), levels, and_opacity)
    return _in_range(image.convert("L" if image.mode in ("L", "1") else "RGB"), levels, and_opacity)


def on_white(image: Image.Image) -> Image.Image:
    """A picture in front of white, where it is transparent: RGB then."""
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _of_deep_picture(image: Image.Image, levels: Levels) -> Image.Image:
    """A picture of more than 8 bits; one number of it may be transparent."""
    numbers = np.asarray(image)
    shown = Image.fromarray(_of_deep(numbers, levels))
    if image.has_transparency_data:
        shown.putalpha(Image.fromarray(np.where(numbers == image.info["transparency"], np.uint8(0), np.uint8(255))))
    return shown


def _of_deep(numbers: np.ndarray, levels: Levels) -> np.ndarray:
    """Numbers of more than 8 bits as grey levels."""
    low, high = float(numbers.min()), float(numbers.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise _UnfitError("must hold finite numbers. Received: nan or inf.")
    floats = numbers.dtype.kind == "f"
    if levels.value_range is None and not levels.measuring and (floats or low < 0 or high > BITS_16[1]):
        what = "floating-point numbers" if floats else "integers"
        raise _UnfitError(
            "must hold integers from 0 to 65535, unless --value-range LOW,HIGH says in training which are black "
            f"and white. Received: {what} from {low:g} to {high:g}."
        )
    return levels.in_eight_bits(numbers, (0.0, 1.0) if floats else BITS_16)


def _in_range(image: Image.Image, levels: Levels, and_opacity: bool) -> Image.Image:
    """A picture of 8 bits with the range of its colours applied; opacity stays if it is none of the channels."""
    bands = image.split()
    channels = len(bands) if and_opacity or image.mode not in ("LA", "RGBA") else len(bands) - 1
    for band in bands[:channels]:
        extrema: Any = band.getextrema()
        levels.note(extrema[0], extrema[1], BITS_8)
    table = levels.table()
    if table is None:
        return image
    return image.point(table * channels + list(range(256)) * (len(bands) - channels))


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:120]


def picture_files(folder: Path, channels: int = 3) -> list[Path]:
    """The visible files directly in a folder whose suffix is that of a picture of so many channels, sorted."""
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".") and is_read_name(path, channels) and path.is_file()
    )


def to_float(images: np.ndarray) -> np.ndarray:
    """Converts uint8 pictures to float32 in [-1, 1]: 0 becomes -1, 255 becomes 1. Float pictures are unchanged."""
    return images.astype(np.float32) / np.float32(127.5) - np.float32(1.0) if images.dtype == np.uint8 else images


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Converts float pictures in [-1, 1] to uint8, clipping values outside this range. uint8 pictures are unchanged."""
    if images.dtype == np.uint8:
        return images
    return np.rint(np.clip((images + 1.0) * 127.5, 0.0, 255.0)).astype(np.uint8)


def grid(images: np.ndarray, columns: int | None = None, zoom: int | None = None) -> np.ndarray:
    """Arranges pictures in a grid, row by row, one pixel apart on a white background.

    Args:
        images: uint8, (n, height, width, channels), of which `shown_channels` are shown.
        columns: number of pictures in a row; by default the square root of n, rounded up.
        zoom: enlarge each pixel to a square of this side; by default small pictures are enlarged to
            about 48 pixels.

    Returns:
        uint8, (rows * (height * zoom + 1) + 1, columns * (width * zoom + 1) + 1, 1 or 3).
    """
    images = images[..., : shown_channels(images.shape[3])]
    n, height, width, channels = images.shape
    zoom = zoom or max(1, round(48 / max(height, width)))
    images = images.repeat(zoom, axis=1).repeat(zoom, axis=2)
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    cell = (height * zoom + 1, width * zoom + 1)
    canvas = np.full((rows * cell[0] + 1, columns * cell[1] + 1, channels), 255, np.uint8)
    for index, image in enumerate(images):
        top, left = (index // columns) * cell[0] + 1, (index % columns) * cell[1] + 1
        canvas[top : top + cell[0] - 1, left : left + cell[1] - 1] = image
    return canvas


def shown_channels(channels: int) -> int:
    """How many of the channels a grid shows: the first three as RGB, of two the first alone."""
    return 3 if channels >= 3 else 1


def shown_text(channels: int) -> str:
    """What a message about a grid adds where not all channels are shown: `, the first 3 of 5 channels`."""
    shown = shown_channels(channels)
    if shown == channels:
        return ""
    return f", the first{f' {shown}' if shown > 1 else ''} of {channels} channels"


def as_pillow(image: np.ndarray) -> Image.Image:
    """Converts a uint8 picture, (height, width, 1 to 4), to an image of Pillow with the mode of `MODES`."""
    return Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)


def write_picture(path: Path, image: np.ndarray, opacity: np.ndarray | None = None) -> None:
    """Writes a uint8 picture, (height, width, 1 to 4), completely or not at all, in the format that the suffix names.

    Args:
        path: a file name of a format that can be written.
        image: the picture.
        opacity: uint8 (height, width), written if the format supports it; None for an opaque picture, and for one that
            has it as a channel.
    """
    kind = format_of(path)
    picture = with_opacity(image, opacity if kind in WITH_OPACITY else None)
    with whole_file(path) as temporary:
        picture.save(temporary, format=kind, **save_options(kind))


def with_opacity(image: np.ndarray, opacity: np.ndarray | None) -> Image.Image:
    """A picture for Pillow; RGBA where there is an opacity."""
    picture = as_pillow(image)
    if opacity is not None:
        picture = picture.convert("RGBA")
        picture.putalpha(Image.fromarray(opacity))
    return picture


def save_options(kind: str | None) -> dict[str, Any]:
    """What Pillow is told beside the picture, by its format."""
    return dict(PNG_OPTIONS) if kind == "PNG" else {"quality": JPEG_QUALITY} if kind in LOSSY else {}


def write_png(path: Path, image: np.ndarray) -> None:
    """Writes a uint8 picture, (height, width, 1 to 4), as PNG, completely or not at all."""
    picture = as_pillow(image)
    with whole_file(path) as temporary:
        picture.save(temporary, format="PNG", **PNG_OPTIONS)
