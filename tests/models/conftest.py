"""Models of the contract, each built, traced and trained once for all tests of its configuration."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from keras_gen.models import model_names
from tests.harness import Compiled, ModelContract, Weights, fitted, replicas
from tests.once import common


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of a model's own file."""
    for item in items:
        name = item.path.stem.removeprefix("test_")
        if item.path.parent == Path(__file__).parent and name in model_names():
            item.add_marker(pytest.mark.model(name=name))


@pytest.fixture(scope="class")
def shared(request: pytest.FixtureRequest) -> Compiled:
    return Compiled(request.cls().build())


@pytest.fixture(scope="class")
def shared_eager(request: pytest.FixtureRequest) -> Compiled:
    model = request.cls().build()
    model.run_eagerly = True
    return Compiled(model)


@pytest.fixture(scope="class")
def shared_by_replicas(request: pytest.FixtureRequest) -> Compiled:
    """Run eagerly, since a step is traced for each replica, for longer than it runs. Traced ones are compared by
    `test_two_replicas.py` and, in two processes, by `test_workers.py`."""
    with replicas(4).scope():
        model = request.cls().build()
    model.run_eagerly = True
    return Compiled(model)


Fits = Callable[[type[ModelContract], Callable[[], keras.Model]], Weights]


@pytest.fixture(scope="session")
def fits(tmp_path_factory: pytest.TempPathFactory) -> Fits:
    """What a configuration comes to on one device, which the processes of a test session tell each other in files."""
    folder = common(tmp_path_factory) / "fits"
    folder.mkdir(exist_ok=True)

    def fit(contract: type[ModelContract], build: Callable[[], keras.Model]) -> Weights:
        file = folder / f"{contract.__module__}.{contract.__name__}.npz"
        if not file.exists():
            _write(file, fitted(build()))
        with np.load(file) as found:
            return dict(found)

    return fit


@pytest.fixture(scope="class")
def alone(request: pytest.FixtureRequest, fits: Fits, shared: Compiled) -> Weights:
    """What `fitted` gives for one device."""
    return fits(request.cls, shared.anew)


def _write(file: Path, values: Weights) -> None:
    """Whole or not at all: another process may look for it."""
    beside = file.with_suffix(f".{os.getpid()}.npz")
    np.savez(beside, **values)
    beside.replace(file)
