from __future__ import annotations

import numpy as np
import pytest

from serving import InputError, Manifest
from serving.sessions import Sessions
from tests.handmade import CONTENT, NUMBERS, beside, inside, product, write

ROWS = np.array([[1, 0, 2, 0], [0, 3, 0, 1]], np.float32)


def opened(folder, provider="cpu"):
    return Sessions(folder, Manifest.read(folder), provider, threads=1)


def run(sessions, name="a"):
    return sessions.of(name).run(["y"], {"x": ROWS})[0]


@pytest.mark.parametrize("stored", [inside, beside])
def test_weights_are_inside_a_network_or_beside_it(tmp_path, stored):
    folder = write(tmp_path / "bundle", {"a": product(stored())}, None if stored is inside else CONTENT)
    np.testing.assert_array_equal(run(opened(folder)), ROWS @ NUMBERS)


def test_weights_that_networks_share_are_read_once(tmp_path):
    """The second network is opened after the file has gone."""
    sessions = opened(write(tmp_path / "bundle", {"a": product(beside()), "b": product(beside())}))
    run(sessions)
    (tmp_path / "bundle" / "weights.data").unlink()
    np.testing.assert_array_equal(run(sessions, "b"), ROWS @ NUMBERS)


def test_weights_beside_a_network_are_checked(tmp_path):
    folder = write(tmp_path / "bundle", {"a": product(beside())})
    (folder / "weights.data").write_bytes(CONTENT[:-1])
    with pytest.raises(InputError, match=r"weights\.data must have 56 bytes. Received: 55"):
        opened(folder)
    (folder / "weights.data").write_bytes(CONTENT[:-1] + b"\1")
    with pytest.raises(InputError, match=r"weights\.data must have the SHA-256"):
        run(opened(folder))
