"""How steps are executed and looked into."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from keras_gen.cli import main

GAN = [
    *("train", "gan", "--data", "digits", "--batch_size", "100", "--seed", "3", "--epochs", "2"),
    *("--model.generator", "mlp", "--model.discriminator", "mlp", "--checkpoint_steps", "5"),
]


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory):
    out = tmp_path_factory.mktemp("execution") / "run"
    assert main([*GAN, "--out", str(out), "--profile", "2,3"]) == 0
    return out


def test_several_steps_at_once_are_the_same_steps(one_by_one, tmp_path):
    assert main([*GAN, "--out", str(tmp_path / "run"), "--steps_per_execution", "5"]) == 0
    assert (tmp_path / "run" / "metrics.csv").read_bytes() == (one_by_one / "metrics.csv").read_bytes()
    models = [keras.saving.load_model(run / "model.keras") for run in (one_by_one, tmp_path / "run")]
    for first, second in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(first, second)
    assert models[1].steps_per_execution == 5


def test_a_batch_in_parts_is_the_same_step(one_by_one, tmp_path):
    """These networks have no statistics of a batch."""
    assert main([*GAN, "--out", str(tmp_path / "run"), "--accumulate", "4"]) == 0
    parts, whole = (keras.saving.load_model(run / "model.keras") for run in (tmp_path / "run", one_by_one))
    for first, second in zip(parts.get_weights(), whole.get_weights(), strict=True):
        # In 30 steps of Adam a weight moves by up to 6e-3; what is rounded otherwise grows in them.
        np.testing.assert_allclose(first, second, atol=1e-3)


def test_a_trace_is_where_tensorboard_looks(one_by_one):
    assert list((one_by_one / "tensorboard" / "plugins" / "profile").glob("*/*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--steps_per_execution", "4"], "--steps-per-execution must divide the steps of an epoch, 15. Received: 4"),
        (["--steps_per_execution", "3"], "must divide the steps of --checkpoint-steps, 5. Received: 3"),
        (["--steps_per_execution", "0"], "`steps_per_execution` must be at least 1. Received: 0"),
        (["--accumulate", "0"], "`accumulate` must be at least 1. Received: 0"),
        (["--accumulate", "3"], "--batch-size must be a multiple of 3, for 1 replicas, --accumulate 3 and 1 moves of"),
        (["--strategy", "mirrored", "--batch_size", "10"], "--batch-size must be a multiple of 4, for 4 replicas"),
        (
            ["--batch_size", "4", "--model.discriminator_steps", "5"],
            "--batch-size must be at least 5: an example for each",
        ),
        (["--profile", "3"], "--profile must be FIRST,LAST, as in 10,20. Received: 3"),
        (["--profile", "5,2"], "--profile must be FIRST,LAST, as in 10,20. Received: 5,2"),
    ],
)
def test_mistakes_are_one_line(refused, tmp_path, words, message):
    assert message in refused(*GAN, "--out", tmp_path / "run", *words)
    assert not (tmp_path / "run").exists()
