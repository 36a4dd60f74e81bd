"""The commands and the code of docs/watching.md."""

from __future__ import annotations

import importlib.util
import shlex

import pytest

from keras_gen.cli import main
from keras_gen.training.trackers import TRACKERS, Epoch, TrackedRun, Tracker
from tests.pages import blocks, commands
from tests.watch.written import WrittenRun

SMALL = ["--batch-size", "500", "--model.encoder", "mlp", "--model.decoder", "mlp"]


def interrupted():
    raise KeyboardInterrupt


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's, of SQLAlchemy
def test_each_command_does_what_the_page_says(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    opened = []
    monkeypatch.setattr("keras_gen.cli.watch.webbrowser.open", opened.append)
    monkeypatch.setattr("keras_gen.cli.watch._wait", interrupted)
    for name in ("ring_minimax", "vae_digits"):
        WrittenRun(tmp_path / "runs" / name)
    missing = [name for name in ("wandb", "mlflow") if importlib.util.find_spec(name) is None]
    *watching, training = map(shlex.split, commands("watching"))
    for words in watching:
        assert words[1] == "watch"
        assert main(words[1:]) == 130
    (address,) = opened
    assert f"open: {address} " in capfd.readouterr().out
    assert main([*training[1:], *SMALL]) == (2 if missing else 0)
    if missing:
        assert f"pip install 'keras-gen[{missing[0]}]'" in capfd.readouterr().err


def test_the_tracker_of_the_page_writes_a_line_for_each_epoch(tmp_path):
    (code,) = blocks("watching", "python")
    names = {}
    exec(code, names)  # the page's own code
    tracker = names["Lines"]()
    assert isinstance(tracker, Tracker)
    assert TRACKERS["lines"] is names["Lines"]
    run = TrackedRun(tmp_path, "run", "id", {}, tmp_path / "config.yaml")
    for expected in (0, 1):
        assert tracker.open(run) == expected
        tracker.log(Epoch(expected + 1, {"loss": 0.5}))
    tracker.close(None)
    assert (tmp_path / "lines.txt").read_text() == "1 {'loss': 0.5} ()\n2 {'loss': 0.5} ()\n"
