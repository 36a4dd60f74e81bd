"""A run that is killed at any step and started again ends as one that never stopped, to the byte."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from keras_gen.cli import main
from keras_gen.training.callbacks.checkpoints import list_checkpoints, position_of
from keras_gen.training.run_directory import RunDirectory

DCGAN = "{name: dcgan, filters: 2}"
JUDGE = "{name: dcgan, filters: 2, batch_normalization: false}"
CHECKPOINTS = ["--checkpoint_steps", "2", "--pictures_every", "2", "--seed", "3", "--epochs", "3"]
MODELS = {
    "vae": ["--data", "digits", "--batch_size", "200", "--model.latent_dim", "2"],
    "gan": [
        *("--data", "digits", "--batch_size", "200", "--model.generator", DCGAN, "--model.discriminator", JUDGE),
        *("--model.penalties", "{r1: 1.0}", "--model.augmentation", "[translation]", "--best", "sample_diversity"),
        *("--best_mode", "max"),
    ],
    "cyclegan": [
        *("--data", "textured:digits", "--batch_size", "100", "--model.pool_size", "150", "--mirror", "true"),
        *("--model.generator", "{name: resnet, filters: 2, blocks: 1}", "--validation", "true"),
        *("--model.discriminator", "{name: patchgan, receptive_field: 16, filters: 2}"),
    ],
}


def command(name, out, *words):
    return ["train", name, "--out", str(out), *MODELS[name], *CHECKPOINTS, *words]


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """Runs that never stopped, by model."""
    place, runs = tmp_path_factory.mktemp("straight"), {}

    def run(name):
        if name not in runs:
            assert main(command(name, place / name)) == 0
            runs[name] = place / name
        return runs[name]

    return run


def assert_equal_runs(one, other):
    assert (one / "metrics.csv").read_bytes() == (other / "metrics.csv").read_bytes()
    pictures = [sorted(path.name for path in (run / "samples").iterdir()) for run in (one, other)]
    assert pictures[0] == pictures[1]
    for name in pictures[0]:
        assert (one / "samples" / name).read_bytes() == (other / "samples" / name).read_bytes(), name
    models = [keras.saving.load_model(run / "model.keras") for run in (one, other)]
    assert len(models[0].variables) == len(models[1].variables)
    for first, second in zip(*(model.variables for model in models), strict=True):
        np.testing.assert_array_equal(first.numpy(), second.numpy(), err_msg=first.path)
    for name in models[0].default_optimizers:
        states = [getattr(model, name).variables for model in models]
        for first, second in zip(*states, strict=True):
            np.testing.assert_array_equal(first.numpy(), second.numpy(), err_msg=first.path)
    best = [(run / "best.json").read_text() if (run / "best.json").exists() else "" for run in (one, other)]
    assert best[0] == best[1]


@pytest.mark.parametrize("name", MODELS)
def test_stopped_at_a_step_it_ends_the_same(straight, tmp_path, name, monkeypatch, capsys):
    """Two stops: in the first epoch and in the second, neither of them where a checkpoint is."""
    steps = iter([3, 9])

    class Stop(keras.callbacks.Callback):
        left = 0

        def on_train_batch_end(self, batch, logs=None):
            type(self).left -= 1
            if type(self).left == 0:
                raise KeyboardInterrupt

    from keras_gen.cli import training

    with monkeypatch.context() as patch:
        watched = training.watch_callbacks
        patch.setattr(training, "watch_callbacks", lambda *given: [*watched(*given), Stop()])
        for Stop.left in steps:
            assert main(command(name, tmp_path / "run")) == 130
    found = list_checkpoints(tmp_path / "run" / "checkpoints")
    assert position_of(found[-1]).steps > 0
    assert len(found) == 2
    assert main(command(name, tmp_path / "run")) == 0
    assert "resuming after epoch" in capsys.readouterr().out
    assert_equal_runs(tmp_path / "run", straight(name))


def test_killed_it_ends_the_same(straight, tmp_path):
    """SIGKILL, as soon as there is a checkpoint in the middle of the second epoch."""
    out = tmp_path / "run"
    process = subprocess.Popen(
        [sys.executable, "-m", "keras_gen", *command("gan", out)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 240
    while RunDirectory(out).position() < (1, 2):
        assert time.monotonic() < deadline, "no checkpoint in the second epoch within four minutes"
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert main(command("gan", out)) == 0
    assert_equal_runs(out, straight("gan"))


def test_a_broken_checkpoint_is_passed_over(straight, tmp_path, capsys):
    out = tmp_path / "run"
    assert main(command("vae", out, "--epochs", "2", "--checkpoints_kept", "3")) == 0
    capsys.readouterr()
    found = list_checkpoints(out / "checkpoints")
    for checkpoint in found[-2:]:
        checkpoint.write_bytes(checkpoint.read_bytes()[:-500])
    assert main(command("vae", out)) == 0
    said = capsys.readouterr().out
    for checkpoint in found[-2:]:
        assert f"{checkpoint} cannot be read; the one before is taken." in said
    assert "resuming after epoch 1 and 4 steps of 3" in said
    # The grid of the last epoch of the shorter training is the only thing that the longer one would not have made.
    assert_equal_runs(out, straight("vae"))


def test_without_a_checkpoint_that_can_be_read_the_newest_is_named(tmp_path, capsys):
    out = tmp_path / "run"
    assert main(command("vae", out, "--epochs", "1", "--checkpoints_kept", "1")) == 0
    (checkpoint,) = list_checkpoints(out / "checkpoints")
    checkpoint.write_bytes(b"nothing")
    assert main(command("vae", out)) == 2
    assert f"{checkpoint} must be a model saved by keras-gen" in capsys.readouterr().err
