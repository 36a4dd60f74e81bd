"""A run that is resumed says so when its data is not what it was trained on."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from keras_gen.cli import main
from serving.common.images import write_png

SIZE = ["--batch-size", "2", "--model.latent-dim", "2", "--model.encoder", '{"name": "mlp", "units": [4]}']


def write(root, counts, levels=None):
    for place, (name, count) in enumerate(sorted(counts.items())):
        for index in range(count):
            level = 40 * place + index
            write_png(root / name / f"{index}.png", np.full((8, 8, 1), (levels or {}).get(name, level), np.uint8))


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A data set of three classes, and runs of a model that is told the class and of one that is not."""
    place = tmp_path_factory.mktemp("begun")
    write(place / "data", {"a": 4, "b": 4, "c": 4})
    for model in ("conditional_vae", "vae"):
        decoder = ["--model.decoder", '{"name": "mlp", "units": [4]}']
        words = ["train", model, "--data", f"folder:{place / 'data'}", *SIZE, *decoder, "--epochs", "1"]
        assert main([*words, "--out", str(place / model)]) == 0
    return place


@pytest.fixture
def resume(begun, tmp_path, monkeypatch, capsys):
    """Resumes copies of these runs for another epoch, after their data was changed."""
    shutil.copytree(begun, tmp_path / "here")

    def command(model, *words):
        decoder = ["--model.decoder", '{"name": "mlp", "units": [4]}']
        given = ["train", model, "--data", f"folder:{begun / 'data'}", *SIZE, *decoder, "--epochs", "2"]
        capsys.readouterr()
        code = main([*given, "--out", str(tmp_path / "here" / model), *words])
        return code, capsys.readouterr().err

    # The runs were told this place.
    original = tmp_path / "original"
    shutil.copytree(begun / "data", original)
    yield begun / "data", tmp_path / "here", command
    shutil.rmtree(begun / "data")
    shutil.copytree(original, begun / "data")


def removed(data):
    shutil.rmtree(data / "a")


def added(data):
    write(data, {"d": 4})


def fewer(data):
    (data / "b" / "0.png").unlink()


def replaced(data):
    write_png(data / "b" / "0.png", np.full((8, 8, 1), 200, np.uint8))


def renamed(data):
    (data / "b" / "0.png").rename(data / "b" / "z.png")


def swapped(data):
    (data / "a").rename(data / "x")
    (data / "b").rename(data / "a")
    (data / "x").rename(data / "b")


def smaller(data):
    shutil.rmtree(data)
    for name in "abc":
        for index in range(4):
            write_png(data / name / f"{index}.png", np.zeros((6, 8, 1), np.uint8))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (removed, "Expected: the classes a, b, c. Received: the classes b, c."),
        (added, "Expected: the classes a, b, c. Received: the classes a, b, c, d."),
        (fewer, "Expected: 12 pictures. Received: 11 pictures."),
        (replaced, "Expected: the same pictures in the same order. Received: others, or another order."),
        (renamed, "Expected: the same pictures in the same order. Received: others, or another order."),
        (swapped, "Expected: the same pictures in the same order. Received: others, or another order."),
        (smaller, "Expected: pictures of 8x8x1. Received: pictures of 8x6x1."),
    ],
)
def test_other_data_is_refused_in_one_line(resume, change, said):
    data, runs, command = resume
    change(data)
    before = (runs / "vae" / "config.yaml").read_text()
    code, err = command("vae")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "; --data-changed accept continues on what is there now." in err
    assert err.endswith(said + "\n")
    assert (runs / "vae" / "config.yaml").read_text() == before


def test_the_same_data_continues(resume):
    _, runs, command = resume
    assert command("vae")[0] == 0
    assert len((runs / "vae" / "metrics.csv").read_text().splitlines()) == 3


def test_a_run_of_before_data_was_remembered_continues_and_remembers_it(resume):
    _, runs, command = resume
    kept = (runs / "vae" / "data.json").read_text()
    (runs / "vae" / "data.json").unlink()
    assert command("vae")[0] == 0
    assert (runs / "vae" / "data.json").read_text() == kept


def test_accepted_data_has_the_classes_of_the_run(resume):
    """With two of three classes left the model still has three; what was accepted needs no second word."""
    data, runs, command = resume
    removed(data)
    assert command("conditional_vae", "--data-changed", "accept")[0] == 0
    known = json.loads((runs / "conditional_vae" / "data.json").read_text())
    assert known["classes"] == ["a", "b", "c"]
    assert known["parts"]["data"]["classes"] == ["b", "c"]
    assert command("conditional_vae", "--epochs", "3")[0] == 0
    shutil.rmtree(data / "b")
    assert command("conditional_vae", "--epochs", "4", "--data-changed", "accept")[0] == 0


def test_a_class_that_the_model_does_not_know_is_not_accepted(resume):
    data, _, command = resume
    added(data)
    code, err = command("conditional_vae", "--data-changed", "accept")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "known classes alone: a, b, c. Received: 'd'." in err
    assert command("vae", "--data-changed", "accept")[0] == 0


def test_another_shape_is_not_accepted(resume):
    data, _, command = resume
    smaller(data)
    code, err = command("vae", "--data-changed", "accept")
    assert (code, len(err.splitlines())) == (2, 1)
    assert "pictures must keep their shape. Expected: pictures of 8x8x1. Received: pictures of 8x6x1." in err
