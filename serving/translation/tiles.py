"""Cuts a picture into overlapping tiles, and blends tiles into a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

Tile = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Axis:
    """The tiles along one side of a picture.

    Attributes:
        length: length of the side in pixels.
        tile: length of a tile, at most that of the side.
        overlap: least number of pixels that a tile shares with the next one; the last tile may share more.
        multiple: if the lengths are multiples of this number, every tile begins at one, so that all tiles are aligned
            with the strides of a network.
    """

    length: int
    tile: int
    overlap: int
    multiple: int = 1

    @cached_property
    def starts(self) -> list[int]:
        """Where the tiles begin."""
        step = self.tile - self.overlap
        step = max(self.multiple, step - step % self.multiple)
        return [*range(0, self.length - self.tile, step), self.length - self.tile]

    @cached_property
    def weights(self) -> list[np.ndarray]:
        """The weights of each tile, float32 (tile,) in [0, 1]; at every pixel the weights of all tiles add up to 1.

        Between two tiles the weights change along half a cosine, in the middle half of their overlap: near the border
        of a tile the network does not see what is outside.
        """
        ends = [start + self.tile for start in self.starts]
        counted = []
        for index, start in enumerate(self.starts):
            places = np.arange(start, start + self.tile) + 0.5
            weight = np.ones(self.tile)
            if index > 0:
                weight = np.minimum(weight, _rise(places, start, ends[index - 1]))
            if index + 1 < len(self.starts):
                weight = np.minimum(weight, 1 - _rise(places, self.starts[index + 1], ends[index]))
            counted.append(weight)
        total = np.zeros(self.length)
        for start, weight in zip(self.starts, counted, strict=True):
            total[start : start + self.tile] += weight
        return [
            (weight / total[start : start + self.tile]).astype(np.float32)
            for start, weight in zip(self.starts, counted, strict=True)
        ]


def _rise(places: np.ndarray, first: int, last: int) -> np.ndarray:
    """Rises from 0 to 1 in the middle half between two positions."""
    progress = np.clip(2 * (places - first) / max(1, last - first) - 0.5, 0, 1)
    return 0.5 - 0.5 * np.cos(np.pi * progress)


def blended(picture: np.ndarray, translate: Tile, rows: Axis, columns: Axis, channels: int) -> np.ndarray:
    """Translates a picture tile by tile and blends the results. Only one row of tiles is in memory at a time.

    Args:
        picture: uint8 (height, width, channels).
        translate: translates one tile, (1, tile height, tile width, channels), to grey levels.
        rows: tiles from top to bottom.
        columns: tiles from left to right.
        channels: of the result.

    Returns:
        uint8 (height, width, channels).
    """
    result = np.empty((rows.length, columns.length, channels), np.uint8)
    band = np.zeros((rows.tile, columns.length, channels), np.float32)
    for row, top in enumerate(rows.starts):
        for column, left in enumerate(columns.starts):
            part = picture[None, top : top + rows.tile, left : left + columns.tile]
            made = translate(np.ascontiguousarray(part))[0].astype(np.float32)
            weight = rows.weights[row][:, None] * columns.weights[column]
            band[:, left : left + columns.tile] += made * weight[..., None]
        following = rows.starts[row + 1] if row + 1 < len(rows.starts) else rows.length
        done = following - top
        result[top:following] = np.rint(np.clip(band[:done], 0, 255))
        band[: rows.tile - done] = band[done:].copy()
        band[rows.tile - done :] = 0
    return result
