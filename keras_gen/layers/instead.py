"""Layers that compute something else for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras


@contextmanager
def calling_instead(calls: Mapping[keras.layers.Layer, Callable[..., Any]]) -> Iterator[None]:
    """Inside the context, each of these layers calls the function beside it in place of its own `call`.

    It reaches layers that no copy of a network could exchange: those inside others, and those that are called more than
    once. The layers keep their weights, and are as before afterwards.

    Args:
        calls: layer -> what is called in its place, with the same arguments.
    """
    for layer, call in calls.items():
        layer.call = call
    try:
        yield
    finally:
        for layer in calls:
            del layer.call
