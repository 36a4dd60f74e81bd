"""Every model in two processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.harness import assert_close, assert_equal_fits, free_addresses
from tests.models.fit_as_worker import contracts


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
def test_two_processes_equal_one(trained, fits, contract):
    expected = fits(contract, lambda: contract().build())
    first, second = (dict(np.load(trained / f"{contract.__name__}-{index}.npz")) for index in range(2))
    assert set(first) == set(second)
    assert_close(first, second, rtol=0, atol=0)
    assert_equal_fits(first, expected)
