"""Every model in two processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.harness import free_addresses
from tests.models.fit_as_worker import contracts, fitted


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what each of two processes came to, for every model."""
    folder = tmp_path_factory.mktemp("workers")
    addresses = free_addresses(2)
    words = [sys.executable, "-m", "tests.models.fit_as_worker", str(folder)]
    processes = []
    for index in range(2):
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        environment = {**os.environ, "TF_CONFIG": json.dumps(config)}
        with (folder / f"{index}.log").open("w") as log:
            processes.append(subprocess.Popen(words, env=environment, stdout=log, stderr=log))
    try:
        codes = [process.wait(timeout=1200) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert codes == [0, 0], (folder / "0.log").read_text()[-2000:]
    return folder


@pytest.mark.parametrize("contract", list(contracts()), ids=lambda contract: contract.__name__)
def test_two_processes_equal_one(trained, contract):
    expected = fitted(contract, tf.distribute.get_strategy())
    first, second = (np.load(trained / f"{contract.__name__}-{index}.npz") for index in range(2))
    assert set(first.files) == set(second.files) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)
        np.testing.assert_allclose(first[name], value, rtol=1e-5, atol=1e-5, err_msg=name)
