"""Which data sets have small pictures as domain A, whose pixels are enlarged to the size of domain B."""

from __future__ import annotations

from keras_gen.data.sources import prepared, smaller, smaller4
from serving.common.errors import InputError

FACTORS = {"smaller": smaller.FACTOR, "smaller4": smaller4.FACTOR}


def enlarged_by(data: str) -> int:
    """As how many by how many each pixel of domain A is shown; 1 where pictures were not made smaller.

    Args:
        data: name of a data set. Prepared pictures say what they were made of, as long as they are there.
    """
    kind, _, inner = data.partition(":")
    if kind == "prepared":
        try:
            return enlarged_by(prepared.open_folder(inner, two=True)[1].source)
        except InputError:
            return 1
    return FACTORS.get(kind, 1)
