"""What layers of a discriminator want it to minimize on real pictures, beside the loss between the players."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import tensorflow as tf

# From a number of examples and a name of the use to (examples, 1) numbers from [0, 1).
Draw = Callable[[tf.Tensor, str], tf.Tensor]


class _Listening(threading.local):
    """What layers have asked of this thread, that of one replica, so far; None where nobody listens."""

    heard: list[tf.Tensor] | None = None
    draw: Draw | None = None


_listening = _Listening()


@contextmanager
def terms_of_layers(draw: Draw) -> Iterator[list[tf.Tensor]]:
    """Within it each layer that is called can add what is to be minimized, (batch,) float32, to the list.

    Args:
        draw: the random numbers that layers may use for it.
    """
    before = _listening.heard, _listening.draw
    heard: list[tf.Tensor] = []
    _listening.heard, _listening.draw = heard, draw
    try:
        yield heard
    finally:
        _listening.heard, _listening.draw = before


def ask(term: Callable[[Callable[[tf.Tensor], tf.Tensor]], tf.Tensor]) -> None:
    """Adds a layer's term if somebody listens; else it is not computed.

    Args:
        term: from a function that draws (examples, 1) numbers from [0, 1) for so many examples to the term, (batch,).
    """
    heard, draw = _listening.heard, _listening.draw
    if heard is not None and draw is not None:
        purpose = f"layer {len(heard)}"
        heard.append(term(lambda examples: draw(examples, purpose)))
