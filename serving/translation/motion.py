"""How a picture moved as a whole since the one before it, and the earlier one moved along."""

from __future__ import annotations

import numpy as np

Shift = tuple[float, float]

# Side to which pictures are reduced before their motion is looked for.
MOST = 512
# A motion this near to whole pixels is one of whole pixels, which nothing blurs.
SNAP = 0.08
LOBES = 3


def shift_between(before: np.ndarray, after: np.ndarray) -> Shift:
    """How many pixels down and to the right what is seen in one picture lies in the next.

    The peak of the phase correlation gives whole pixels; unless no motion at all fits better, a step along the
    gradients, where both pictures agree, gives the rest.

    Args:
        before: grey levels, float32 (height, width).
        after: the same of the next picture.

    Source: Kuglin and Hines 1975, "The phase correlation image alignment method"; Lucas and Kanade 1981, "An Iterative
    Image Registration Technique with an Application to Stereo Vision".
    """
    factor = -(-max(before.shape) // MOST)
    before, after = reduced(before, factor), reduced(after, factor)
    still: Shift = (0.0, 0.0)
    whole = min((still, _peak(before, after)), key=lambda shift: _error(before, after, shift))
    fine = _refined(before, after, whole)
    down, right = min((whole, fine), key=lambda shift: _error(before, after, shift))
    return _snapped(down * factor), _snapped(right * factor)


def moved(picture: np.ndarray, shift: Shift) -> tuple[np.ndarray, np.ndarray]:
    """A picture moved down and to the right, by Lanczos' kernel of three lobes where that is not by whole pixels.

    Args:
        picture: float32 (height, width) or (height, width, channels).
        shift: in pixels.

    Returns:
        The same shape, with its border repeated where nothing moved in; and bool (height, width), where something is.
    """
    height, width = picture.shape[:2]
    result = _along(_along(picture, shift[0], 0), shift[1], 1)
    inside = _inside(height, shift[0])[:, None] & _inside(width, shift[1])
    return result, inside


def _along(picture: np.ndarray, shift: float, axis: int) -> np.ndarray:
    if shift == 0:
        return picture
    whole = int(np.floor(shift))
    part = shift - whole
    offsets = np.arange(-LOBES, LOBES) if part else np.zeros(1, int)
    distance = offsets + part
    weights = np.sinc(distance) * np.sinc(distance / LOBES)
    length, places = picture.shape[axis], np.arange(picture.shape[axis]) - whole
    result = np.zeros_like(picture)
    for offset, weight in zip(offsets, weights / weights.sum(), strict=True):
        taken = np.take(picture, np.clip(places + offset, 0, length - 1), axis)
        result += np.float32(weight) * taken
    return result


def _inside(length: int, shift: float) -> np.ndarray:
    places = np.arange(length) - shift
    return (places >= 0) & (places <= length - 1)


def reduced(grey: np.ndarray, factor: int) -> np.ndarray:
    """A picture of which every pixel is the mean of so many by so many."""
    if factor == 1:
        return grey
    height, width = (side - side % factor for side in grey.shape)
    cells = grey[:height, :width].reshape(height // factor, factor, width // factor, factor)
    return cells.mean(axis=(1, 3), dtype=np.float32)


def _peak(before: np.ndarray, after: np.ndarray) -> Shift:
    """Where the phase correlation is largest, in whole pixels."""
    window = np.outer(*(np.hanning(side + 2)[1:-1] for side in before.shape)).astype(np.float32)
    one, other = (np.fft.rfft2((grey - grey.mean()) * window) for grey in (before, after))
    product = np.conj(one) * other
    found = np.fft.irfft2(product / np.maximum(np.abs(product), 1e-6), s=before.shape)
    place = np.unravel_index(int(np.argmax(found)), found.shape)
    down, right = (int(at) - side if at > side // 2 else int(at) for at, side in zip(place, found.shape, strict=True))
    return float(down), float(right)


def _refined(before: np.ndarray, after: np.ndarray, shift: Shift) -> Shift:
    """A motion after one step of least squares along the gradients, of at most a pixel."""
    here, inside = moved(before, shift)
    down, right = np.gradient(here) if min(here.shape) > 1 else (np.zeros_like(here),) * 2
    difference = after - here
    agreed = inside & (np.abs(difference) <= 3 * np.median(np.abs(difference[inside])) + 1e-3)
    slopes = np.stack([down[agreed], right[agreed]], axis=1).astype(np.float64)
    normal = slopes.T @ slopes
    if not agreed.any() or np.linalg.det(normal) < 1e-6 * (np.trace(normal) ** 2 + 1e-12):
        return shift
    step = np.clip(np.linalg.solve(normal, -slopes.T @ difference[agreed].astype(np.float64)), -1, 1)
    return shift[0] + float(step[0]), shift[1] + float(step[1])


def _error(before: np.ndarray, after: np.ndarray, shift: Shift) -> float:
    """The mean absolute difference where both are; infinite where they share less than a quarter."""
    here, inside = moved(before, shift)
    return float(np.abs(after - here)[inside].mean()) if inside.mean() >= 0.25 else float("inf")


def _snapped(shift: float) -> float:
    return float(round(shift)) if abs(shift - round(shift)) < SNAP else shift
