"""How pictures of a domain are resized: blended, or by the nearest pixel where they are label maps."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from PIL import Image

log = logging.getLogger(__name__)

Choice = Literal["bicubic", "nearest"]
BICUBIC: Choice = "bicubic"
NEAREST: Choice = "nearest"
# What options of commands, a run's settings and a manifest's entries are called, for all pictures and by domain.
NAMES = ("interpolation", "interpolation_a", "interpolation_b")
# Pictures that are looked at, and the most colours, or grey levels, that all of them together have if they are maps.
LOOKED_AT = 32
FEW_COLOURS, FEW_LEVELS = 64, 16


class Interpolation:
    """How pictures are resized.

    Args:
        choice: `bicubic` or `nearest`; None decides by the number of their colours.
    """

    def __init__(self, choice: Choice | None = None) -> None:
        self.choice = choice
        self.colours = 0

    @property
    def resampling(self) -> Image.Resampling:
        """What Pillow calls it."""
        return Image.Resampling.NEAREST if self.choice == NEAREST else Image.Resampling.BICUBIC

    def settle(self, pictures: Iterable[np.ndarray], size: tuple[int, int] | None) -> None:
        """Decides, unless it is decided or there is nothing to resize.

        Args:
            pictures: uint8 (height, width, channels), a few of all.
            size: that all pictures will have.
        """
        if self.choice is not None or size is None:
            return
        seen: set[bytes] = set()
        resized = False
        for picture in pictures:
            resized |= picture.shape[:2] != size
            channels = picture.shape[2]
            few = FEW_LEVELS if channels == 1 else FEW_COLOURS
            seen |= {bytes(colour) for colour in np.unique(picture.reshape(-1, channels), axis=0)[: few + 1]}
            if len(seen) > few:
                self.choice = BICUBIC
                return
        if resized:
            self.choice, self.colours = NEAREST, len(seen)

    def say(self, name: str, otherwise: str = "; --interpolation bicubic blends them") -> None:
        """Says so where it was decided that pictures are maps, and what to do otherwise."""
        if self.colours:
            log.warning(
                "%s has pictures of %d colours, which are resized to the nearest pixel%s.",
                *(name, self.colours, otherwise),
            )


def some(items: Sequence[Any] | np.ndarray) -> list[Any]:
    """A few of many, evenly spaced."""
    if not len(items):
        return []
    return [items[row] for row in np.unique(np.linspace(0, len(items) - 1, LOOKED_AT).astype(int))]
