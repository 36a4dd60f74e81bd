"""Classes and domains as clients name them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from serving.common.classes import class_index
from serving.common.errors import InputError, shown
from serving.common.noise import INT64
from serving.sampler import Sampler
from serving.server.catalogue import Bundle
from serving.server.http.parameters import Parameters
from serving.server.refusals import Reason, RefusedError
from serving.translation import Translator

# More digits than the number of any class has.
MOST_DIGITS = 9


def labels_of(sampler: Sampler, text: str | None, n: int) -> np.ndarray | None:
    """The label of a class, by its name or its number, for every row: int64 (n,); None where none is named.

    Raises:
        RefusedError: INVALID for none of the classes.
    """
    if text is None:
        return None
    return np.full(n, _label_of(text, sampler.manifest.classes), np.int64)


def domain_of(bundle: Bundle, translator: Translator, to: str | None, named_class: str | None = None) -> str:
    """The domain, `a` or `b`, by itself or by its name, or the class; the only one where none is named.

    Args:
        bundle: for messages.
        translator: of it.
        to: the domain, or the name of a class.
        named_class: in its place the name of a class, or its number.

    Raises:
        RefusedError: INVALID.
    """
    if named_class is not None:
        if not translator.tells_class or to is not None:
            why = "beside `to`" if translator.tells_class else f"for {bundle.name}, which is not told a class"
            raise RefusedError(Reason.INVALID, f"`class` must be left out {why}. Received: {shown(named_class)}.")
        return translator.targets[_label_of(named_class, translator.targets)]
    names = {each: bundle.manifest.domains.get(each, each) for each in translator.targets}
    if to is None and len(names) == 1:
        return translator.targets[0]
    for domain, name in names.items():
        if to in (domain, name):
            return domain
    raise RefusedError(Reason.INVALID, f"`to` must be one of {', '.join(names.values())}. Received: {shown(to)}.")


def answer_of(bundle: Bundle, translator: Translator, given: Parameters) -> int | None:
    """The seed of the answer that a translator with noise gives; None for one that has one answer.

    Raises:
        RefusedError: INVALID: no 64-bit integer, or a seed for a bundle without noise.
    """
    seed = given.integer("seed", 0, INT64.min, INT64.max)
    if translator.noise_dim:
        return seed
    if given.text("seed") is not None:
        one = "which has one answer to each picture"
        raise RefusedError(Reason.INVALID, f"`seed` must be left out for {bundle.name}, {one}. Received: {seed}.")
    return None


def _label_of(text: str, classes: Sequence[str]) -> int:
    """The label of a class, by its name or its number."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else len(classes)
    if text not in classes and number < len(classes):
        return number
    try:
        return class_index(text, classes)
    except InputError as error:
        raise RefusedError(Reason.INVALID, str(error)) from None
