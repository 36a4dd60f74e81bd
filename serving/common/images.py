"""Reading and writing picture files. Training and serving use the same code, so both see the same pixels.

Inside arrays a picture is uint8, (height, width, channels), with 1 channel (grey) or 3 (RGB).
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from serving.common.errors import InputError
from serving.common.files import whole_file

MAX_PIXELS = 100_000_000
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
# What messages show of them.
SOME_SUFFIXES = ", ".join(SUFFIXES[:3])
WITH_OPACITY = (".png", ".webp", ".tif", ".tiff")
# Takes a third of the time of zlib's default level and 7 % more bytes; for photographs of 256x256, 5.5 and 17 ms.
PNG_OPTIONS: dict[str, Any] = {"compress_level": 3}
JPEG_QUALITY = 95


def read_image(
    source: Path | bytes,
    size: tuple[int, int] | None = None,
    channels: int | None = None,
    max_pixels: int = MAX_PIXELS,
) -> np.ndarray:
    """Decodes a picture with 8 bits per channel, upright and without transparency.

    16-bit pictures are scaled to 8 bits, CMYK and palettes are converted to RGB, transparent pixels become white, and
    the EXIF orientation is applied.

    Args:
        source: a file, or the bytes of one.
        size: (height, width) to resize to: the largest centred part with this aspect ratio is resampled with an
            antialiasing filter. None keeps the size.
        channels: 1 or 3; None keeps grey pictures grey and converts all others to RGB.
        max_pixels: a larger picture is refused before it is decoded.

    Returns:
        uint8, shape (height, width, channels).

    Raises:
        InputError: the file is not a picture, is truncated, or is too large; the message names the file.
    """
    with _opened(source, max_pixels) as upright:
        return conform(_eight_bits(upright), size, channels)


def read_with_opacity(
    source: Path | bytes, channels: int | None = None, max_pixels: int = MAX_PIXELS
) -> tuple[np.ndarray, np.ndarray | None]:
    """Decodes a picture like `read_image`, and the opacity of each pixel.

    Args and raises: as `read_image`.

    Returns:
        uint8 (height, width, channels); and the opacity, uint8 (height, width), 255 for an opaque pixel, or None for a
        picture without transparency.
    """
    with _opened(source, max_pixels) as upright:
        opacity = np.asarray(upright.convert("RGBA").getchannel("A")) if upright.has_transparency_data else None
        return conform(_eight_bits(upright), None, channels), opacity


def let_pillow_decode(max_pixels: int) -> None:
    """Turns off the limit of Pillow (180 million pixels) if `max_pixels` of the functions above allows more."""
    if max_pixels > MAX_PIXELS:
        Image.MAX_IMAGE_PIXELS = None


@contextmanager
def _opened(source: Path | bytes, max_pixels: int) -> Iterator[Image.Image]:
    """A picture, upright; an error of its decoder becomes an InputError of one line."""
    name = "the picture" if isinstance(source, bytes) else str(source)
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            if image.width * image.height > max_pixels:
                raise InputError(
                    f"{name} must have at most {max_pixels} pixels. Received: {image.width}x{image.height}."
                )
            yield ImageOps.exif_transpose(image)
    except InputError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever a broken file makes them trip over
        raise InputError(
            f"{name} must be a readable picture. Received: {type(error).__name__}: {_one_line(error)}"
        ) from error


def conform(image: Image.Image, size: tuple[int, int] | None, channels: int | None) -> np.ndarray:
    """Converts a grey (`L`) or `RGB` picture to the requested shape.

    Args:
        image: the picture.
        size: (height, width); the largest centred part with this aspect ratio is resampled to it with an
            antialiasing filter. None keeps the size.
        channels: 1 or 3; None keeps them.

    Returns:
        uint8, (height, width, channels).
    """
    if channels is not None:
        image = image.convert("L" if channels == 1 else "RGB")
    if size is not None and (image.height, image.width) != size:
        image = ImageOps.fit(image, (size[1], size[0]), Image.Resampling.BICUBIC)
    array = np.asarray(image)
    return array[:, :, None] if array.ndim == 2 else array


def _eight_bits(image: Image.Image) -> Image.Image:
    """Converts to grey (`L`) or `RGB` with 8 bits per channel; grey stays grey."""
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "I;16N"):
        deep = np.asarray(image, dtype=np.float64)
        image = Image.fromarray(np.rint(np.clip(deep, 0, 65535) / 257.0).astype(np.uint8))
    elif image.mode == "F":
        raise InputError("a picture must hold integers. Received: floating-point pixels.")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("L" if image.mode in ("L", "1") else "RGB")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:120]


def picture_files(folder: Path) -> list[Path]:
    """The visible files directly in a folder whose suffix is that of a picture, sorted."""
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith(".") and path.suffix.lower() in SUFFIXES and path.is_file()
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
        images: uint8, (n, height, width, channels).
        columns: number of pictures in a row; by default the square root of n, rounded up.
        zoom: enlarge each pixel to a square of this side; by default small pictures are enlarged to
            about 48 pixels.

    Returns:
        uint8, (rows * (height * zoom + 1) + 1, columns * (width * zoom + 1) + 1, channels).
    """
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


def as_pillow(image: np.ndarray) -> Image.Image:
    """Converts a uint8 picture, (height, width, 1 or 3), to a grey or RGB image of Pillow."""
    return Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)


def write_picture(path: Path, image: np.ndarray, opacity: np.ndarray | None = None) -> None:
    """Writes a uint8 picture, (height, width, 1 or 3), completely or not at all, in the format that the suffix names.

    Args:
        path: a file name with one of SUFFIXES.
        image: the picture.
        opacity: uint8 (height, width), written if the format supports it; None for an opaque picture.
    """
    picture = as_pillow(image)
    suffix = path.suffix.lower()
    if opacity is not None and suffix in WITH_OPACITY:
        picture = picture.convert("RGBA")
        picture.putalpha(Image.fromarray(opacity))
    with whole_file(path) as temporary:
        options: dict[str, Any] = {"quality": JPEG_QUALITY} if suffix in (".jpg", ".jpeg", ".webp") else {}
        picture.save(temporary, **options, **(PNG_OPTIONS if suffix == ".png" else {}))


def write_png(path: Path, image: np.ndarray) -> None:
    """Writes a uint8 picture, (height, width, 1 or 3), as PNG, completely or not at all."""
    picture = as_pillow(image)
    with whole_file(path) as temporary:
        picture.save(temporary, format="PNG", **PNG_OPTIONS)
