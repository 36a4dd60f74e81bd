"""Networks as tutorials have them, of the table in `docs/own_network.md`: each in one of its forms."""

from __future__ import annotations

import runpy
from collections import Counter

import pytest

from tests.pages import PAGES, ROOT

TABLE = runpy.run_path(str(ROOT / "benchmarks" / "foreign_keras.py"))
RANDOM = runpy.run_path(str(ROOT / "benchmarks" / "random_networks.py"))
FIRST, COUNT = 0, 9


@pytest.mark.filterwarnings("ignore:.*HDF5:UserWarning")
@pytest.mark.parametrize(("name", "place"), [(name, place) for place, name in enumerate(TABLE["NETWORKS"])])
def test_a_network_of_the_table(tmp_path, name, place):
    form = TABLE["FORMS"][place % len(TABLE["FORMS"])]
    assert TABLE["tried"](name, form, tmp_path) <= 1
    row = next(line for line in PAGES["own_network"].read_text().splitlines() if line.startswith(f"| {name} |"))
    assert all(float(cell) <= 1 for cell in row.split("|")[2:-1])


def test_random_networks():
    """The first of those of the script, of every role: none is wrong, none crashes."""
    found = Counter(RANDOM["result"](number) for number in range(FIRST, FIRST + COUNT))
    assert found[RANDOM["WRONG"]] == 0
    assert found[RANDOM["DONE"]] >= COUNT - 1
