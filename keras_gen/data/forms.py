"""How a source is written, and what a source that is made of another one gets of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keras_gen.data.examples import Shape
from keras_gen.data.source import Source
from keras_gen.data.streams import Stream


@dataclass(frozen=True)
class Form:
    """How sources of a kind are written.

    Attributes:
        texts: as in `folder:PATH`; one for each way of writing it. One without a colon takes no location.
        what: what the source holds, for the help.
        wraps: whether it is made of another source, which is named after the colon.
        chosen: whether something of that source is named in between, as in `only:CLASS:SOURCE`.
    """

    texts: tuple[str, ...]
    what: str
    wraps: bool = False
    chosen: bool = False


@dataclass(frozen=True)
class Inner:
    """The source that another one is made of.

    Attributes:
        name: how it is written.
        read: opens it, from a split and the shape that is asked for.
        stream: its pictures one after the other, from the same.
        chosen: what of it is named before it, where the form has that.
    """

    name: str
    read: Callable[[str, Shape], Source]
    stream: Callable[[str, Shape], Stream]
    chosen: str = ""


def listed(texts: list[str]) -> str:
    """The texts, at least one, with commas between them and "or" before the last."""
    return " or ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))
