"""Pictures of strangers: read in three formats only, and within a number of pixels that is known before decoding."""

from __future__ import annotations

import io

import numpy as np
from PIL import UnidentifiedImageError

from serving.bundle.manifest import Image
from serving.common.errors import InputError
from serving.common.formats import AND_OPACITY, MOST_CHANNELS, WITH_OPACITY
from serving.common.images import conform_array, read_with_opacity, save_options, with_opacity
from serving.common.interpolation import Interpolation
from serving.common.levels import Levels
from serving.server.http.refusals import HttpError

# Pillow's names by the options' ones, and the media types.
KINDS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
MEDIA_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}


def read_upload(content: bytes, image: Image, most_pixels: int) -> tuple[np.ndarray, np.ndarray | None]:
    """A picture in its own size, with the channels of a bundle, and its opacity.

    Args:
        content: of a file.
        image: what the bundle takes.
        most_pixels: a larger picture is refused before it is decoded.

    Returns:
        uint8 (height, width, channels), and uint8 (height, width) or None, as `read_with_opacity`.

    Raises:
        InputError: no picture of the three formats, a damaged or a larger one.
        HttpError: 415 for a bundle of more channels than a picture file has.
    """
    if image.channels > MOST_CHANNELS:
        raise HttpError(
            415, f"pictures of {image.channels} channels must be sent as tensors: /v2/models/BUNDLE/MODEL/infer"
        )
    levels = Levels(image.value_range, keep_bytes=True)
    try:
        return read_with_opacity(content, image.channels, most_pixels, levels, tuple(KINDS.values()))
    except InputError as error:
        if isinstance(error.__cause__, UnidentifiedImageError):
            raise InputError("the body must be a PNG, JPEG or WebP file. Received: another content.") from None
        raise


def fitted(picture: np.ndarray, image: Image) -> np.ndarray:
    """The largest centred part with the bundle's aspect ratio, resampled to its size as in training, as a batch of one:
    uint8 (1, height, width, channels)."""
    size = (image.height, image.width)
    interpolation = Interpolation(image.interpolation)
    interpolation.settle([picture], size)
    return conform_array("the picture", picture, size, None, interpolation.resampling)[None]


def written(picture: np.ndarray, kind: str, opacity: np.ndarray | None = None) -> bytes:
    """The file of a uint8 picture (height, width, channels).

    Args:
        picture: of up to four channels.
        kind: of `KINDS`.
        opacity: uint8 (height, width), for formats that hold it.

    Raises:
        HttpError: 400 for a format that does not hold as many channels.
    """
    name = KINDS[kind]
    channels = picture.shape[2]
    if channels > MOST_CHANNELS or (channels in AND_OPACITY and name not in WITH_OPACITY):
        raise HttpError(400, f"format must be one that holds {channels} channels. Received: {kind}")
    buffer = io.BytesIO()
    with_opacity(picture, opacity if name in WITH_OPACITY else None).save(buffer, format=name, **save_options(name))
    return buffer.getvalue()


def array_file(pictures: np.ndarray) -> bytes:
    """The `.npy` file of an array."""
    buffer = io.BytesIO()
    np.save(buffer, pictures, allow_pickle=False)
    return buffer.getvalue()


def accepted_kind(header: str) -> str:
    """The format that the header `Accept` (RFC 9110, 12.5.1) names first among the best; PNG where it names none."""
    best, weight = "png", 0.0
    for part in header.lower().split(","):
        media_type, _, options = part.partition(";")
        kind = next((kind for kind, each in MEDIA_TYPES.items() if each == media_type.strip()), None)
        if kind is not None and (own := _weight(options)) > weight:
            best, weight = kind, own
    return best


def _weight(options: str) -> float:
    given = next((text.strip()[2:] for text in options.split(";") if text.strip().startswith("q=")), "1")
    try:
        return min(1.0, float(given))
    except ValueError:
        return 0.0
