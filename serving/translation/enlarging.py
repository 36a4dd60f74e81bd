"""Pictures as a network that enlarges takes them: with every pixel repeated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from serving.common.frames import Frames


def enlarged(images: np.ndarray, factor: int) -> np.ndarray:
    """Every pixel as `factor` x `factor`.

    Args:
        images: (n, height, width, ...).
        factor: at least 1.
    """
    return images if factor == 1 else images.repeat(factor, axis=1).repeat(factor, axis=2)


def enlarged_frames(frames: Frames, factor: int) -> Frames:
    """The same of all pictures of a file, and of their opacity."""
    if factor == 1:
        return frames
    return replace(
        frames,
        pictures=[enlarged(picture[None], factor)[0] for picture in frames.pictures],
        opacities=[None if each is None else enlarged(each[None], factor)[0] for each in frames.opacities],
    )
