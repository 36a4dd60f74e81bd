"""What turns pictures into the features that sets of them are compared by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np

from serving.common.errors import InputError
from serving.common.images import conform_array, to_uint8

RESIZER = "Pillow, bicubic with antialiasing, of the largest centred part"


class Extracted(NamedTuple):
    """What one pass over pictures gives.

    Attributes:
        features: (n, width), float32.
        probabilities: (n, classes), or None where the extractor tells no classes apart.
    """

    features: np.ndarray
    probabilities: np.ndarray | None


class Extractor(Protocol):
    """Pictures, uint8 or float in [-1, 1], (n, height, width, channels) of any size, to features.

    They are brought to `image_shape` if they have another one: as bytes, `RESIZER`; grey becomes RGB by three equal
    channels, RGB becomes grey by ITU-R 601. Other numbers of channels must be those of `image_shape`.

    Attributes:
        name: what figures are stamped with.
        width: of the features.
        classes: how many classes it tells apart; 0 for none.
        image_shape: (height, width, channels) that it takes; None where a side may be of any length.
        settings: what a figure depends on besides, such as the accuracy of a classifier.
    """

    name: str
    width: int
    classes: int
    image_shape: tuple[int | None, int | None, int]
    settings: dict[str, Any]

    def extract(self, images: np.ndarray) -> Extracted:
        """Features and probabilities in one pass, in bounded memory."""
        ...

    def features(self, images: np.ndarray) -> np.ndarray:
        """(n, width), float32."""
        return self.extract(images).features

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """(n, classes).

        Raises:
            InputError: an extractor that tells no classes apart.
        """
        found = self.extract(images).probabilities
        if found is None:
            raise InputError(f"the extractor must tell classes apart. Received: {self.name}.")
        return found


def extract_in_blocks(
    images: np.ndarray, block: int, one: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray | None]]
) -> Extracted:
    """Features and probabilities of all pictures, `block` at a time.

    Raises:
        InputError: no pictures, or other axes than (n, height, width, channels).
    """
    if images.ndim != 4 or 0 in images.shape:
        raise InputError(f"pictures must be (n, height, width, channels), at least one. Received: {images.shape}.")
    features, probabilities = zip(
        *(one(images[start : start + block]) for start in range(0, len(images), block)), strict=True
    )
    known = None if probabilities[0] is None else np.concatenate(probabilities)
    return Extracted(np.concatenate(features), known)


def conformed(images: np.ndarray, image_shape: tuple[int | None, int | None, int]) -> np.ndarray:
    """Pictures as they are where they have that shape, else as bytes of that shape.

    Raises:
        InputError: a number of channels that cannot become that of the shape.
    """
    height, width, channels = target_shape(images.shape[1:], image_shape)
    if images.shape[1:] == (height, width, channels):
        return images
    if images.shape[3] != channels and {images.shape[3], channels} != {1, 3}:
        raise InputError(
            f"the extractor must be given pictures of {channels} channels. Received: {images.shape[3]}; the classifier "
            "of labelled data takes what the data has."
        )
    pictures = to_uint8(images)
    return np.stack([conform_array("pictures", picture, (height, width), channels) for picture in pictures])


def target_shape(of: tuple[int, ...], image_shape: tuple[int | None, int | None, int]) -> tuple[int, int, int]:
    """The shape that pictures of a shape are brought to."""
    height, width = (asked or given for asked, given in zip(image_shape[:2], of[:2], strict=True))
    return height, width, image_shape[2]


def stamp(extractor: Extractor, picture_shape: tuple[int, ...]) -> dict[str, Any]:
    """What a figure on pictures of a shape has to say of its extractor."""
    resized = target_shape(picture_shape, extractor.image_shape) != tuple(picture_shape)
    return {"extractor": extractor.name, **extractor.settings, "resizer": RESIZER if resized else "none"}
