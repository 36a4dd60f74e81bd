"""Classes and domains as clients name them."""

from __future__ import annotations

import numpy as np

from serving.common.classes import class_index
from serving.common.errors import InputError, shown
from serving.sampler import Sampler
from serving.server.catalogue import Bundle
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
    classes = sampler.manifest.classes
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else len(classes)
    try:
        label = number if text not in classes and number < len(classes) else class_index(text, classes)
    except InputError as error:
        raise RefusedError(Reason.INVALID, str(error)) from None
    return np.full(n, label, np.int64)


def domain_of(bundle: Bundle, translator: Translator, to: str | None) -> str:
    """The domain, `a` or `b`, by itself or by its name; the only one where none is named.

    Raises:
        RefusedError: INVALID.
    """
    names = {each: bundle.manifest.domains.get(each, each) for each in translator.targets}
    if to is None and len(names) == 1:
        return translator.targets[0]
    for domain, name in names.items():
        if to in (domain, name):
            return domain
    raise RefusedError(Reason.INVALID, f"`to` must be one of {', '.join(names.values())}. Received: {shown(to)}.")
