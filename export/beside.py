"""Files of a bundle that no network needs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from serving.common.images import by_channel


def described(folder: Path, name: str) -> tuple[str, str, int]:
    """Name, SHA-256 and size of a file, as the manifest has them."""
    content = (folder / name).read_bytes()
    return name, hashlib.sha256(content).hexdigest(), len(content)


def within(picture: np.ndarray, longest: int, resampling: Image.Resampling = Image.Resampling.BOX) -> np.ndarray:
    """A picture, uint8 (height, width, channels), whose longer side is at most `longest`."""
    height, width = picture.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return picture
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return by_channel(picture, lambda part: part.resize(size, resampling))
