"""Calls of the library that let others compute in between."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np

from serving import Sampler, Translator
from serving.runtime.runner import Feed, Runner
from serving.runtime.sessions import Sessions

Between = Callable[[], object]


def pausing(opened: Sampler | Translator, between: Between) -> Sampler | Translator:
    """A bundle that calls `between` before it runs a network: a translation does so for every tile.

    Args:
        opened: the bundle. Only translations are long enough to be worth it.
        between: may raise, which ends the call.
    """
    if not isinstance(opened, Translator):
        return opened
    made = copy.copy(opened)
    made.sessions = _PausingSessions(opened.sessions, between)
    return made


class _PausingSessions(Sessions):
    def __init__(self, sessions: Sessions, between: Between) -> None:
        self.__dict__.update(sessions.__dict__)
        self._between = between

    def of(self, name: str, small: bool = False) -> Runner:
        return _PausingRunner(super().of(name, small), self._between)


class _PausingRunner(Runner):
    def __init__(self, runner: Runner, between: Between) -> None:
        self.__dict__.update(runner.__dict__)
        self._between = between

    def run(self, feed: Feed, output: str, into: np.ndarray | None = None) -> np.ndarray:
        self._between()
        return super().run(feed, output, into)
