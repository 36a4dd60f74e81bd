"""Trains every model of the contract under the strategy named, and writes weights and figures.

As a program it is one of several processes: `TF_CONFIG=... python -m tests.models.fit_as_worker FOLDER`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_gen.training.strategies import open_strategy
from tests.harness import ModelContract, data, held_out, smooth_pictures, weights_of

WAIT = 120.0


def contracts() -> Iterator[type[ModelContract]]:
    """Every model's own."""
    for file in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"tests.models.{file.stem}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, ModelContract) and value.__module__ == module.__name__:
                yield value


def fitted(contract: type[ModelContract], strategy: tf.distribute.Strategy) -> dict[str, np.ndarray]:
    """Weights after two epochs, and the figures of each and of an evaluation."""
    pictures = smooth_pictures()[:64]
    with strategy.scope():
        model = contract().build()
    history = model.fit(*data(model, pictures), batch_size=32, epochs=2, shuffle=False, verbose=0).history
    figures = {f"figure {name}": np.asarray(values) for name, values in history.items()}
    evaluation = model.evaluate(*held_out(model, pictures), batch_size=32, verbose=0, return_dict=True)
    return {**weights_of(model), **figures, "evaluation": np.asarray(list(evaluation.values()))}


def main(folder: Path) -> None:
    strategy, workers = open_strategy("multiworker", WAIT)
    for contract in contracts():
        np.savez(folder / f"{contract.__name__}-{workers.index}.npz", **fitted(contract, strategy))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
