"""Which sizes a network of free sides takes, found by running it."""

from __future__ import annotations

import numpy as np

from export.foreign.border import Border
from export.foreign.original import EXAMPLE, Original
from serving.bundle.names import IMAGE, TRANSLATION
from serving.common.errors import InputError

MULTIPLES = (1, 2, 4, 8, 16, 32, 64, 128, 3, 6, 12)


def multiple_of(role: str, original: Original, border: Border) -> int:
    """What height and width must be multiples of for translations to be as large as their pictures.

    Args:
        role: of the network, for the message.
        original: the network.
        border: around it.

    Raises:
        InputError: no such number.
    """
    for multiple in MULTIPLES:
        if all(_keeps(original, border, sides) for sides in _odd(multiple)):
            return multiple
    raise InputError(
        f"the {role} {original.what} must make translations of the size of their pictures where the sides are "
        f"multiples of some number, {max(MULTIPLES)} at most. Received: one that does not."
    )


def _odd(multiple: int) -> list[tuple[int, int]]:
    """Sizes of about `EXAMPLE` that are no multiples of a larger number."""
    count = max(3, EXAMPLE // multiple) | 1
    return [(count * multiple, (count + 2) * multiple)]


def _keeps(original: Original, border: Border, sides: tuple[int, int]) -> bool:
    image = border.image
    assert image is not None, "asked of networks that take pictures"
    feed = border.feed({IMAGE: np.zeros((1, *sides, image.channels), np.uint8)})
    try:
        made = border.read(original.run(feed))[TRANSLATION]
    except Exception:  # whatever a runtime raises for a size that a network does not take
        return False
    return made.shape[1:3] == sides
