"""Training on several devices and in several processes."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time

import keras
import numpy as np
import psutil
import pytest

from keras_gen.cli import main
from keras_gen.training.run_directory import RunDirectory

DATA = ["--data", "digits", "--batch_size", "100", "--seed", "3", "--validation", "true"]
SGD = ["--optimizer.name", "sgd", "--optimizer.learning_rate", "0.001"]
VAE = ["train", "vae", *DATA, *SGD, "--model.latent_dim", "2", "--best", "val_loss"]


def figures(run):
    with (run / "metrics.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def assert_equal_runs(one, other):
    for first, second in zip(figures(one), figures(other), strict=True):
        assert first == pytest.approx(second, rel=1e-5)
    models = [keras.saving.load_model(run / "model.keras") for run in (one, other)]
    for first, second in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    out = tmp_path_factory.mktemp("alone") / "run"
    assert main([*VAE, "--epochs", "3", "--out", str(out)]) == 0
    return out


def test_all_devices_of_a_machine_train_the_same_model(alone, tmp_path):
    assert main([*VAE, "--epochs", "3", "--out", str(tmp_path / "run"), "--strategy", "mirrored"]) == 0
    assert_equal_runs(tmp_path / "run", alone)


def launch(*words, workers=2):
    return subprocess.run(
        [sys.executable, "-m", "keras_gen", "launch", "--workers", str(workers), "--", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def test_two_processes_train_the_same_model_and_go_on_with_it(alone, tmp_path):
    out = tmp_path / "run"
    for epochs in (1, 3):
        done = launch(*VAE, "--epochs", epochs, "--out", out)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"[0] run: {out}" in done.stdout
        assert "[1] run:" not in done.stdout
    assert "resuming after epoch 1 of 3" in done.stdout
    assert_equal_runs(out, alone)
    assert {path.name for path in out.iterdir()} == {path.name for path in alone.iterdir()}
    assert (out / "best.json").exists()


WITH_CHECKPOINTS = [*VAE, "--epochs", "3", "--checkpoint_steps", "2", "--deterministic", "true", "--out"]


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """A run of two processes that never stopped."""
    out = tmp_path_factory.mktemp("straight") / "run"
    done = launch(*WITH_CHECKPOINTS, out)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.mark.parametrize("index", [0, 1])
def test_one_of_two_killed_and_the_job_started_again_ends_the_same(straight, tmp_path, index):
    """SIGKILL of the chief or of the other, as soon as there is a checkpoint in the middle of the second epoch."""
    out = tmp_path / "run"
    words = [*WITH_CHECKPOINTS, str(out)]
    command = [sys.executable, "-m", "keras_gen", "launch", "--workers", "2", "--", *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while RunDirectory(out).position() < (1, 2):
        assert time.monotonic() < deadline, "no checkpoint in the second epoch within four minutes"
        assert process.poll() is None
        time.sleep(0.02)
    workers = [child for child in psutil.Process(process.pid).children() if "train" in child.cmdline()]
    worker_of_index(workers, index).kill()
    assert process.wait(timeout=120) == 128 + 9
    done = launch(*words)
    assert "resuming after epoch 1" in done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
    # A checkpoint has the sum of what the workers have counted of the epoch, in which they would add in another order.
    for first, second in zip(figures(out), figures(straight), strict=True):
        assert first == pytest.approx(second, rel=1e-6)
    models = [keras.saving.load_model(run / "model.keras") for run in (out, straight)]
    states = [[*model.variables, *model.optimizer.variables] for model in models]
    for first, second in zip(*states, strict=True):
        np.testing.assert_array_equal(first.numpy(), second.numpy(), err_msg=first.path)


def worker_of_index(workers, index):
    (found,) = [one for one in workers if json.loads(one.environ()["TF_CONFIG"])["task"]["index"] == index]
    return found


def test_a_mistake_ends_all_workers(tmp_path):
    done = launch(*VAE, "--epochs", "1", "--out", tmp_path / "run", "--model.latent_dim", "0")
    assert done.returncode == 2
    assert "keras-gen: `latent_dim` must be at least 1. Received: 0." in done.stdout
    assert not (tmp_path / "run").exists()


def test_a_worker_that_never_comes_up_ends_the_training(tmp_path):
    config = {"cluster": {"worker": ["127.0.0.1:29471", "127.0.0.1:29472"]}, "task": {"type": "worker", "index": 0}}
    words = [*VAE, "--epochs", "1", "--out", str(tmp_path / "run"), "--strategy", "multiworker", "--worker_wait", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "keras_gen", *words],
        env={**os.environ, "TF_CONFIG": json.dumps(config)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "keras-gen: all workers must come up within 1 s (--worker-wait). Received: no worker 1 (127.0.0.1:29472).\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["launch", "--workers", "2"], "keras-gen launch needs a command after --"),
        (["launch", "--workers", "0", "--", "train"], "`workers` must be at least 1. Received: 0"),
        (["launch", "--", "sample", "x"], "keras-gen launch runs train. Received: sample"),
        ([*VAE, "--strategy", "multiworker"], "TF_CONFIG must name the workers"),
        ([*VAE, "--strategy", "tpu"], "--strategy must be one of none, mirrored, multiworker. Received: tpu"),
    ],
)
def test_mistakes_are_one_line(refused, words, message, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert message in refused(*words)
