"""What every reader of two domains returns."""

from __future__ import annotations

from typing import NamedTuple

from keras_gen.data.examples import Examples


class Both(NamedTuple):
    """Pictures of two domains.

    Attributes:
        a: of the first.
        b: of the second.
        paired: whether `b` holds what belongs to the pictures of `a`, in their order.
    """

    a: Examples
    b: Examples
    paired: bool


def of_pairs(pairs: Examples) -> Both:
    """Both domains of pairs (n, 2, height, width, channels), without a copy."""
    a, b = (Examples(pairs.images[:, domain], pairs.labels, pairs.classes) for domain in (0, 1))
    return Both(a, b, paired=True)
