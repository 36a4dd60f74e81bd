"""The environment variables of keras-gen: what there is, what it means, and the only place that reads them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Variable:
    """An environment variable.

    Attributes:
        name: in capitals.
        meaning: for who sets it, in a sentence without its dot.
        default: what counts where it is not set, or empty; an empty text for none.
    """

    name: str
    meaning: str
    default: str = ""

    def read(self) -> str:
        """What it is set to, or the default."""
        return os.environ.get(self.name) or self.default


CACHE = Variable(
    "KERAS_GEN_CACHE",
    "the folder of what commands keep for later: bundles of model hubs in its folder `hub`, the classifiers that "
    "figures are measured with in `classifiers`",
    default="~/.cache/keras-gen",
)
READY = Variable(
    "KERAS_GEN_READY",
    "the folder of the ready bundles, `ready:NAME`, in Python, C++ and Node; the package's own by default",
)
ALL_LANGUAGES = Variable(
    "KERAS_GEN_ALL_LANGUAGES",
    "`1`: tests fail where a compiler, Node, Chromium or another program that they need is missing, instead of being "
    "skipped",
)
PAGE_TESTS = Variable(
    "KERAS_GEN_PAGE_TESTS", "what the tests of the page give to the program that opens it in Chromium; not for users"
)
VARIABLES = (CACHE, READY, ALL_LANGUAGES, PAGE_TESTS)


def cache_folder() -> Path:
    """Where commands keep things for later."""
    return Path(CACHE.read()).expanduser()
