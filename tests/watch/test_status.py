"""Whether a run is still being trained, and how long it takes."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from keras_gen.watch.status import status_of
from tests.watch.written import WrittenRun


@pytest.fixture
def written(tmp_path):
    run = WrittenRun(tmp_path / "run")
    for _ in range(2):
        run.epoch(loss=1.0)
    return run


def test_the_rest_takes_as_long_for_each_step_as_the_steps_so_far(written):
    # 25 steps in 50 seconds, 15 of 40 are left.
    written.progress(step=5, trained=25, seconds=50.0, figures={"loss": 0.5})
    status = status_of(written.folder, 4)
    assert (status.state, status.epoch, status.step, status.steps) == ("running", 2, 5, 10)
    assert status.left == pytest.approx(30.0)
    assert status.figures == {"loss": 0.5}


def test_a_resumed_run_counts_the_steps_of_this_call_alone(written):
    # 1 epoch of this call took 20 seconds, 2 are left.
    written.progress(trained=10, seconds=20.0)
    assert status_of(written.folder, 4).left == pytest.approx(40.0)
    written.progress(trained=0, seconds=0.1)
    assert status_of(written.folder, 4).left is None


def test_a_process_that_was_killed_has_stopped(written):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    written.progress(process=ended.pid)
    status = status_of(written.folder, 4)
    assert (status.state, status.left) == ("stopped", None)
    assert "ended before" in status.reason


@pytest.mark.parametrize(("age", "state"), [(5.0, "running"), (3600.0, "silent")])
def test_a_process_of_another_machine_is_known_by_its_signs_of_life(written, age, state):
    written.progress(host="elsewhere", updated=time.time() - age)
    status = status_of(written.folder, 4)
    assert (status.state, round(status.age)) == (state, age)


def test_why_a_run_ended_is_passed_on(written):
    written.progress(state="stopped", reason="`loss` must stay finite.")
    assert status_of(written.folder, 4)[:2] == ("stopped", "`loss` must stay finite.")
    written.progress(state="finished", reason="stopped early, after 2 of 4 epochs")
    assert status_of(written.folder, 4)[:2] == ("finished", "stopped early, after 2 of 4 epochs")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"state": "training"}', '{"updated": "x"}'])
def test_a_run_that_does_not_say_is_starting_or_known_by_its_files(written, content):
    (written.folder / "progress.json").write_text(content)
    assert status_of(written.folder, 4).state == "starting"
    old = time.time() - 3600
    os.utime(written.folder / "config.yaml", (old, old))
    assert status_of(written.folder, 4).state == "stopped"
    (written.folder / "model.keras").touch()
    assert status_of(written.folder, 4).state == "finished"
