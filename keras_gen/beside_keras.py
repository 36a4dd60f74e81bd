"""What is done as soon as Keras is imported, without importing Keras for it.

The package `wrapt` offers the same, but brings asyncio along, which is a tenth of the start of a command that only
reads bundles.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

KERAS = "keras"


def once_keras_is_there(act: Callable[[], object]) -> None:
    """Calls `act` at once where Keras is imported, else as soon as it is; never, where it is not installed."""
    if KERAS in sys.modules:
        act()
    else:
        sys.meta_path.insert(0, _Watching(act))


class _Watching:
    """A finder of modules that finds none by itself: it only sees that Keras is asked for."""

    def __init__(self, act: Callable[[], object]) -> None:
        self.act = act

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The specification that other finders have of Keras, with `act` behind its execution."""
        if name != KERAS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            sys.meta_path.insert(0, self)
            return spec
        loader: Any = spec.loader
        execute = loader.exec_module

        def execute_and_act(module: ModuleType) -> None:
            loader.exec_module = execute
            execute(module)
            self.act()

        loader.exec_module = execute_and_act
        return spec
