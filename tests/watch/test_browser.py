"""The page in a headless Chromium, while trainings are written."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from keras_gen.watch import Runs, watched
from tests.serving.languages import chromium
from tests.serving.page.conftest import built  # noqa: F401
from tests.watch.written import WrittenRun


@pytest.fixture
def browser(request):
    """Does something in a page, and returns what came of it."""
    folder = request.getfixturevalue("built") / "serving" / "page"
    program = (Path(__file__).parent / "browser.mjs").read_text()
    process = subprocess.Popen(
        ["node", "--input-type=module", "--eval", program, chromium.browser()],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def do(*command):
        process.stdin.write(json.dumps(command) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["result"]

    yield do
    process.stdin.close()
    assert process.wait(timeout=60) == 0
    process.stdout.close()


def test_runs_are_seen_as_they_are_written(browser, tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    with watched(Runs([folder])) as address:
        browser("open", address)
        browser("wait", "text=No run yet")
        first = WrittenRun(folder / "first")
        for loss in (0.5, 0.25):
            first.epoch(generator_loss=loss, val_loss=1.0, picture=True)
        first.progress(step=5, trained=25, seconds=50.0, figures={"generator_loss": 0.125})
        browser("wait", "text=epoch 2 of 4, step 5 of 10, about 30 s left")
        assert browser("texts", ".state") == ["running"]
        assert browser("texts", ".chart figcaption") == ["generator_loss", "loss"]
        assert browser("texts", "[data-figure=generator_loss] .legend b") == ["0.25"]

        # Half of a line is there, and a second run begins.
        whole = (folder / "first" / "metrics.csv").read_text()
        (folder / "first" / "metrics.csv").write_text(whole + "3,0.0")
        second = WrittenRun(folder / "second", seed=2)
        second.epoch(generator_loss=2.0, sample_diversity=0.25, picture=True)
        second.progress(state="stopped", reason="`loss` must stay finite.")
        browser("wait", "text=`loss` must stay finite.")
        browser("wait", "#alarms li")
        (alarm,) = browser("texts", "#alarms li")
        assert "second alarm after epoch 1: sample_diversity is 0.25 (< 0.5)" in alarm
        assert browser("texts", "[data-figure=generator_loss] .legend .who") == ["first", "second"]
        assert browser("texts", "#options > .scroll td") == ["1", "2"]
        assert browser("texts", "#options > .scroll tbody th") == ["seed"]

        # By keyboard to the first epoch, and to its pictures.
        browser("focus", "[data-figure=generator_loss] svg")
        browser("press", "Home")
        assert browser("texts", "[data-figure=generator_loss] .legend b") == ["0.5", "2"]
        assert "first: 0.5 at 1; second: 2 at 1" in browser(
            "attribute", "[data-figure=generator_loss] svg", "aria-label"
        )
        browser("press", "Enter")
        assert browser("texts", "#shown") == ["1"]
        browser("wait", "img[alt='Samples of first after epoch 1']")
        browser("wait", "img[alt='Samples of second after epoch 1']")
        browser("click", "[data-figure=generator_loss] summary")
        browser("wait", "[data-figure=generator_loss] tbody tr")
        assert browser("texts", "[data-figure=generator_loss] tbody tr") == ["2\t0.25\t\N{EN DASH}", "1\t0.5\t2"]

        for scheme in ("light", "dark"):
            assert browser("width", 390, scheme) == 390
            assert browser("axe") == []

        for loss in (0.2, 0.1):
            first.epoch(generator_loss=loss, val_loss=1.0, picture=True)
        first.progress(state="finished")
        browser("wait", ".state.finished")
        browser("click", "#follow")
        browser("wait", "img[alt='Samples of first after epoch 4']")
        assert browser("loaded", "#pictures img")
        assert browser("wrong") == []
    browser("wait", "text=keras-gen watch does not answer")
