"""Keeps what is outside of a mask as it was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from serving.common.arrays import plain_array
from serving.common.errors import InputError, require_at_least
from serving.common.formats import is_picture_name
from serving.common.frames import Frames
from serving.common.images import read_image
from serving.translation.flow import around

WHITE = 255


@dataclass(frozen=True)
class Masks:
    """The masks of files: white is translated, black is kept, grey mixes both.

    Attributes:
        place: a picture, for every file; or a folder of pictures with the files' names, whatever their suffixes.
        edge: by how many pixels the border of a mask is softened to each side.

    Raises:
        InputError: there is no such file or folder, or `edge` is negative.
    """

    place: Path
    edge: int = 0

    def __post_init__(self) -> None:
        require_at_least(0, mask_edge=self.edge)
        if not self.place.exists():
            raise InputError(f"--mask must be a picture or a folder of pictures. Received: {self.place}.")

    def of(self, file: Path) -> np.ndarray:
        """The mask of a file, uint8 (height, width).

        Args:
            file: its path inside the folder that is translated.

        Raises:
            InputError: the folder has no mask of this name, or what is there is not a picture.
        """
        mask = read_image(self._place_of(file), channels=1)[..., 0]
        if not self.edge:
            return mask
        return np.rint(around(around(mask.astype(np.float32), self.edge // 2), -(-self.edge // 2))).astype(np.uint8)

    def kept(self, file: Path, given: Frames, made: Frames) -> Frames:
        """The frames of a file, translated inside of its mask alone.

        Raises:
            InputError: as `of`, or the mask has another size.
        """
        mask = self.of(file)
        for before, after in zip(given.pictures, made.pictures, strict=True):
            after[...] = masked(before[None], after[None], mask)[0]
        return made

    def _place_of(self, file: Path) -> Path:
        if not self.place.is_dir():
            return self.place
        folder = (self.place / file).parent
        named = sorted(folder.glob("*")) if folder.is_dir() else []
        for each in named:
            if each.stem == file.stem and is_picture_name(each):
                return each
        raise InputError(f"{file} must have a mask of its name in {self.place}. Received: none.")


def masked(given: np.ndarray, made: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Translations inside of a mask, and the pictures themselves outside.

    Args:
        given: uint8 (n, height, width, channels).
        made: uint8 of the same shape; grey pictures may have become others.
        mask: uint8 or bool (height, width) or (n, height, width): 255, or true, is translated.

    Returns:
        uint8, the shape of `made`.

    Raises:
        InputError: the mask has another size or type, or the translations have fewer channels.
    """
    mask = plain_array("mask", mask)
    if mask.ndim not in (2, 3) or mask.shape[-2:] != given.shape[1:3] or (mask.ndim == 3 and len(mask) != len(given)):
        sides = f"{given.shape[2]}x{given.shape[1]}"
        found = f"{mask.shape[1]}x{mask.shape[0]}" if mask.ndim == 2 else f"the shape {mask.shape}"
        raise InputError(f"a mask must have the size of its picture, {sides}. Received: {found}.")
    if mask.dtype not in (np.uint8, np.bool_):
        raise InputError(f"a mask must be uint8 or bool. Received: {mask.dtype}.")
    if given.shape[3] not in (1, made.shape[3]):
        raise InputError(
            f"a mask needs translations of as many channels as the pictures, {given.shape[3]}. "
            f"Received: {made.shape[3]}."
        )
    share = np.where(mask, 1, 0) if mask.dtype == np.bool_ else mask / np.float32(WHITE)
    share = share.astype(np.float32).reshape((-1, *given.shape[1:3], 1))
    return np.rint(given + share * (made.astype(np.float32) - given)).astype(np.uint8)
