"""Translates the frames of a video so that what does not change in them does not flicker in their translation.

Frame by frame, a network answers small changes, such as noise and motion by less than its stride, with large ones. Here

- normalization statistics are an exponential mean over the frames of a scene, where the bundle has a network that takes
  them (`a_to_b_tile`): one frame more or less of something bright does not change the colours of all the rest;
- the translation before, moved as the picture moved, is blended in where the picture itself is as it was.

A scene begins where a frame has little to do with the one before; nothing is carried into it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from serving.translation.flow import around, came_from_inside, flow_between, sampled
from serving.translation.motion import moved, shift_between
from serving.translation.translator import Translator

# Share of a frame's own statistics in the mean.
OWN = 0.1
# Share of the translation before, where the picture is as it was.
KEPT = 0.75
# Grey levels by which a place may differ from where it was.
TOLERANCE = 8.0
NOISE = 1.5
# Share of a frame that must have moved otherwise than the whole before each place is looked at.
MOVED_BY_ITSELF = 0.02
# A scene ends where frames of this side differ by more grey levels and agree less.
THUMBNAIL, CUT_LEVELS, CUT_AGREEMENT = 32, 10.0, 0.5


@dataclass
class _Before:
    """The frame before.

    Attributes:
        grey: float32 (height, width).
        made: its translation, float32 (height, width, channels).
    """

    grey: np.ndarray
    made: np.ndarray


class Steady:
    """Translates one frame after the other of one video, in the memory of two.

    Args:
        translator: an open bundle.
        to: the domain to translate to.

    Attributes:
        frames: number of frames so far.
        scenes: number of scenes that they were.

    Raises:
        InputError: the domain is unknown.
    """

    def __init__(self, translator: Translator, to: str | None = None) -> None:
        translator.check_target(to)
        self.translator, self.to = translator, to
        self.frames, self.scenes = 0, 0
        self._before: _Before | None = None
        self._statistics: np.ndarray | None = None

    def translate(self, images: np.ndarray) -> np.ndarray:
        """The next frames.

        Args:
            images: uint8 (n, height, width, channels), of one size in all calls.

        Returns:
            uint8 (n, height, width, channels).
        """
        together = None if self.translator.takes_statistics(self.to) else self.translator.translate(images, self.to)
        made = [self._next(image, None if together is None else together[index]) for index, image in enumerate(images)]
        return np.stack(made)

    def _next(self, image: np.ndarray, made: np.ndarray | None) -> np.ndarray:
        grey = image.mean(axis=2, dtype=np.float32)
        here = self._carried(grey)
        if here is None:
            self.scenes += 1
            self._statistics = None
        self.frames += 1
        if made is None:
            share = 1.0 if self._statistics is None else OWN
            made, self._statistics = self.translator.normalized(image, self._statistics, share, self.to)
        mixed = made.astype(np.float32)
        if here is not None:
            earlier, weight = here
            mixed += weight[..., None] * (earlier - mixed)
        self._before = _Before(grey, mixed)
        return np.rint(np.clip(mixed, 0, 255)).astype(np.uint8)

    def _carried(self, grey: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """The translation before, moved along, and its weights, (height, width); nothing in a new scene."""
        before = self._before
        if before is None or before.grey.shape != grey.shape:
            return None
        shift = shift_between(before.grey, grey)
        here, inside = moved(before.grey, shift)
        shared = np.ix_(inside.any(1), inside.any(0))
        if is_cut(here[shared], grey[shared]):
            return None
        weight, earlier = agreement(here, grey, inside), moved(before.made, shift)[0]
        if weight.mean() < (1 - MOVED_BY_ITSELF) * inside.mean():
            flow = flow_between(before.grey, grey, shift)
            by_place = agreement(sampled(before.grey, flow), grey, came_from_inside(flow))
            better = by_place > weight
            weight = np.maximum(weight, by_place)
            earlier = np.where(better[..., None], sampled(before.made, flow), earlier)
        return earlier, KEPT * weight


def is_cut(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether two frames are of different scenes: at the size of a thumbnail they differ in their grey levels, and are
    hardly correlated.

    Args:
        before: grey levels, (height, width), moved as the next one moved.
        after: those of the next one.
    """
    one, other = _thumbnail(before), _thumbnail(after)
    if np.abs(one - other).mean() <= CUT_LEVELS:
        return False
    one, other = one - one.mean(), other - other.mean()
    size = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) < CUT_AGREEMENT * max(size, 1.0)


def agreement(before: np.ndarray, after: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """How far each place is as it was, in [0, 1]: inside, neither brighter or darker than the tolerance around it, nor
    of more difference than the frames' noise.

    Args:
        before: grey levels, float32 (height, width), moved as the next one moved.
        after: those of the next one.
        inside: where what is seen was seen before, bool (height, width).
    """
    difference = np.where(inside, after - before, 0)
    size = np.abs(difference)
    brighter = around(difference)
    other = np.maximum(around(size) - NOISE * np.float32(np.median(size)), 0)
    return inside * np.exp(-(brighter**2 + other**2) / TOLERANCE**2)


def _thumbnail(grey: np.ndarray) -> np.ndarray:
    rows, columns = (np.linspace(0, side, min(side, THUMBNAIL) + 1).astype(int)[:-1] for side in grey.shape)
    sums = np.add.reduceat(np.add.reduceat(grey.astype(np.float64), rows, 0), columns, 1)
    counts = np.outer(*(np.diff([*starts, side]) for starts, side in zip((rows, columns), grey.shape, strict=True)))
    return sums / counts
