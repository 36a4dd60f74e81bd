"""`prepared:FOLDER`: two domains that `keras-gen prepare` has written."""

from __future__ import annotations

from keras_gen.data.examples import Shape
from keras_gen.data.prepared import PAIRS, open_folder, read_domain
from keras_gen.data.translation.both import Both, of_pairs


def read(location: str, split: str, shape: Shape) -> Both:
    """The arrays of a split, mapped; those of both splits, in memory, for `all`."""
    folder, facts = open_folder(location, two=True)
    if facts.domains == PAIRS:
        return of_pairs(read_domain(folder, facts, "", split, shape))
    a, b = (read_domain(folder, facts, domain, split, shape) for domain in "ab")
    return Both(a, b, paired=False)
