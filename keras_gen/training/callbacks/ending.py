"""What a callback is told that Keras tells none: that training ended with an error."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import keras


class Ending(ABC):
    """A callback that is told when training is stopped before its end, for example from the keyboard."""

    @abstractmethod
    def stopped(self, reason: str) -> None:
        """Is called instead of `on_train_end`.

        Args:
            reason: one line.
        """


@contextmanager
def told_of_an_end(callbacks: Iterable[keras.callbacks.Callback]) -> Iterator[None]:
    """Tells callbacks why the training in the block ended, if with an error."""
    try:
        yield
    except BaseException as error:
        said = " ".join(str(error).split())
        reason = "stopped from the keyboard" if isinstance(error, KeyboardInterrupt) else said or type(error).__name__
        for callback in callbacks:
            if isinstance(callback, Ending):
                callback.stopped(reason)
        raise
