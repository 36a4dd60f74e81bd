"""Trains every model of the contract under the strategy named, and writes weights and figures.

As a program it is one of several processes: `TF_CONFIG=... python -m tests.models.fit_as_worker FOLDER`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from keras_gen.training.strategies import open_strategy
from tests.harness import ModelContract, fitted

WAIT = 120.0


def contracts() -> Iterator[type[ModelContract]]:
    """Every model's own."""
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.models.{file.stem}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, ModelContract) and value.__module__ == module.__name__:
                yield value


def main(folder: Path) -> None:
    """The first of each file in a graph, as in use; the others of the same model eagerly: tracing takes longer."""
    strategy, workers = open_strategy("multiworker", WAIT)
    traced = set()
    for contract in contracts():
        with strategy.scope():
            model = contract().build()
        model.run_eagerly = contract.__module__ in traced
        traced.add(contract.__module__)
        np.savez(folder / f"{contract.__name__}-{workers.index}.npz", **fitted(model))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
