"""`keras-gen train --log`: what takes the figures of a run."""

from __future__ import annotations

import json
import sys

import pytest

TINY = ["vae", "--data", "digits", "--batch_size", 500, "--model.encoder", "mlp", "--model.decoder", "mlp"]
OWN = """
from keras_gen.training.trackers import Tracker


class Lines(Tracker):
    def open(self, run):
        self.file = run.folder / "lines.txt"
        return len(self.file.read_text().splitlines()) if self.file.exists() else 0

    def log(self, epoch):
        with self.file.open("a") as file:
            print(epoch.number, sorted(epoch.figures)[0], epoch.picture.name, file=file)

    def close(self, reason):
        self.file.with_name("end.txt").write_text(str(reason))
"""


def test_a_tracker_of_ones_own_gets_a_run_that_is_continued_with_it(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_lines.py").write_text(OWN)
    assert run("train", *TINY, "--epochs", 1, "--out", "run", "--log", "csv")[0] == 0
    assert not (tmp_path / "run" / "tensorboard").exists()
    assert run("train", *TINY, "--epochs", 2, "--out", "run", "--log", "csv,my_lines:Lines")[0] == 0
    lines = (tmp_path / "run" / "lines.txt").read_text().splitlines()
    assert lines == [f"{epoch} elbo epoch_000{epoch}.png" for epoch in (1, 2)]
    assert (tmp_path / "run" / "end.txt").read_text() == "None"
    progress = json.loads((tmp_path / "run" / "progress.json").read_text())
    assert (progress["state"], progress["epoch"], progress["epochs"]) == ("finished", 2, 2)


@pytest.mark.parametrize("package", ["wandb", "mlflow"])
def test_a_package_that_is_missing_names_what_installs_it(refused, tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    line = refused("train", *TINY, "--out", tmp_path / "run", "--log", f"csv,{package}")
    assert line.endswith(f"needs the package {package!r}: pip install 'keras-gen[{package}]'.\n")
    assert not (tmp_path / "run").exists()


def test_an_unknown_tracker_is_refused_at_once(refused, tmp_path):
    line = refused("train", *TINY, "--out", tmp_path / "run", "--log", "tensorbord")
    assert "--log must be one of tensorboard, wandb, mlflow" in line
    assert "Received: tensorbord. Did you mean 'tensorboard'?" in line
    assert "no_such_module" in refused("train", *TINY, "--out", tmp_path / "run", "--log", "no_such_module:It")
    assert not (tmp_path / "run").exists()
