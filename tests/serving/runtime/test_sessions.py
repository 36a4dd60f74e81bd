from __future__ import annotations

import numpy as np
import pytest

from serving import InputError
from serving.bundle.names import CODE
from serving.runtime.addition import MOVED, SHIFT, addition
from serving.runtime.runner import SMALLEST_BOUND, Runner
from serving.runtime.sessions import Sessions, Settings, session_of
from tests.handmade import CONTENT, NUMBERS, beside, inside, product, write

ROWS = np.array([[1, 0, 2, 0], [0, 3, 0, 1]], np.float32)


def opened(folder, provider="cpu"):
    return Sessions(folder, Settings(provider, threads=1))


def run(sessions, name="a"):
    return sessions.of(name).run({"x": ROWS}, "y")


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


@pytest.fixture
def runner(tmp_path):
    return opened(write(tmp_path / "bundle", {"a": product(inside())}, None)).of("a")


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("rows", [2, SMALLEST_BOUND // 12 + 1])
def test_an_output_is_written_where_it_is_to_be(runner, rows, fixed):
    """Copied there, or bound."""
    runner = Runner(runner.session, "cpu", fixed)
    given = np.random.default_rng(0).integers(0, 9, (rows, 4)).astype(np.float32)
    place = np.zeros((rows + 2, 3), np.float32)
    part = place[1:-1]
    assert runner.run({"x": given}, "y", into=part) is part
    np.testing.assert_array_equal(part, given @ NUMBERS)
    assert not place[[0, -1]].any()


def test_inputs_may_have_gaps(runner):
    spread = np.zeros((2, 8), np.float32)
    spread[:, ::2] = ROWS
    for into in (None, np.empty((2, 3), np.float32)):
        np.testing.assert_array_equal(runner.run({"x": spread[:, ::2]}, "y", into), ROWS @ NUMBERS)
    np.testing.assert_array_equal(runner.value({"x": spread[:, ::2]}, "y").numpy(), ROWS @ NUMBERS)


@pytest.mark.parametrize("fixed", [False, True])
def test_a_value_goes_from_network_to_network(runner, fixed):
    runner = Runner(runner.session, "cpu", fixed)
    widened = Runner(session_of(addition()), "cpu", fixed)
    shift = np.array([1, 2, 3], np.float32)
    value = runner.value({"x": ROWS}, "y")
    moved = widened.value({CODE: value, SHIFT: shift}, MOVED)
    np.testing.assert_array_equal(moved.numpy(), ROWS @ NUMBERS + shift)
    into = np.empty((2, 3), np.float32)
    for place in (None, into):
        made = widened.run({CODE: moved, SHIFT: -shift}, MOVED, place)
        np.testing.assert_array_equal(made, ROWS @ NUMBERS)


def test_results_of_fixed_batches_do_not_change_later(runner):
    fixed = Runner(runner.session, "cpu", fixed=True)
    given = [ROWS * factor for factor in range(1, 4)]
    made = [fixed.run({"x": rows}, "y") for rows in given]
    for rows, result in zip(given, made, strict=True):
        np.testing.assert_array_equal(result, rows @ NUMBERS)


def test_the_weights_of_a_sampler_that_nobody_opens_are_let_go(tmp_path):
    """The decoder's session has its own copy; no second one stays for the sampler that shares the file."""
    sessions = opened(write(tmp_path / "bundle", {"decoder": product(beside()), "sampler": product(beside())}))
    run(sessions, "decoder")
    (tmp_path / "bundle" / "weights.data").unlink()
    with pytest.raises(InputError, match=r"weights\.data is named in the manifest. Received: no such file"):
        sessions.of("sampler")


@pytest.mark.parametrize("spinning", [True, False])
def test_threads_do_not_wait_awake_after_a_run(tmp_path, spinning):
    """Those of one open bundle would slow down the next that is run; awake within a run they are a choice."""
    folder = write(tmp_path / "bundle", {"a": product(inside())})
    options = Sessions(folder, Settings("cpu", spinning=spinning)).of("a").session.get_session_options()
    stops = "session.force_spinning_stop" if spinning else "session.intra_op.allow_spinning"
    assert options.get_session_config_entry(stops) == ("1" if spinning else "0")
