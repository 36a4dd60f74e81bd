from __future__ import annotations

import pytest

from keras_gen.training.run_directory import RunDirectory, load_model_file
from serving import InputError

CONFIG = {"name": "vae", "epochs": 3, "out": "x", "model": {"latent_dim": 2, "encoder": {"units": (3, 4)}}}


def test_the_same_configuration_is_recognized(tmp_path):
    RunDirectory(tmp_path / "run").claim(CONFIG)
    RunDirectory(tmp_path / "run").claim({**CONFIG, "epochs": 9, "out": "y"})
    assert RunDirectory(tmp_path / "run").config()["epochs"] == 9


def test_what_is_watched_may_change_and_may_be_missing_in_an_older_run(tmp_path):
    RunDirectory(tmp_path / "run").claim(CONFIG)
    watching = {"alarms": True, "watch_modes": True, "best": "loss", "best_mode": "max", "frechet_every": 2}
    RunDirectory(tmp_path / "run").claim({**CONFIG, **watching, "frechet_samples": 500})
    RunDirectory(tmp_path / "run").claim({**CONFIG, "alarms": None})


def test_a_run_of_before_an_option_was_trained_with_its_default(tmp_path):
    run = RunDirectory(tmp_path / "run")
    run.claim(CONFIG)
    defaults = {"model.regularizer_weight": 1.0, "model.encoder": "conv"}
    model = {**CONFIG["model"], "regularizer_weight": 1.0}
    run.check({**CONFIG, "model": model}, defaults)
    with pytest.raises(InputError, match=r"Expected: model.regularizer_weight=1.0"):
        run.check({**CONFIG, "model": {**model, "regularizer_weight": 2.0}}, defaults)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "gan"}, "name=vae"),
        ({"model": {"latent_dim": 3, "encoder": {"units": (3, 4)}}}, "model.latent_dim=2"),
        ({"model": {"latent_dim": 2, "encoder": {"units": (3, 5)}}}, "model.encoder.units"),
        ({"seed": 1}, "seed=1"),
    ],
)
def test_another_configuration_is_refused_by_name(tmp_path, change, message):
    RunDirectory(tmp_path / "run").claim(CONFIG)
    with pytest.raises(InputError, match=message):
        RunDirectory(tmp_path / "run").claim({**CONFIG, **change})
    assert RunDirectory(tmp_path / "run").config()["name"] == "vae"


def test_a_folder_of_another_kind_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="which is neither"):
        RunDirectory(tmp_path).claim(CONFIG)
    with pytest.raises(InputError, match="which is neither"):
        RunDirectory(tmp_path / "notes.txt").claim(CONFIG)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_what_is_not_a_run_is_named(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        RunDirectory(tmp_path / "nowhere").load_model()
    with pytest.raises(InputError, match="a folder without one"):
        RunDirectory(tmp_path).config()
    RunDirectory(tmp_path / "run").claim(CONFIG)
    with pytest.raises(InputError, match="a run that has saved none yet"):
        RunDirectory(tmp_path / "run").load_model()


@pytest.mark.parametrize("content", ["a: [", "- 1\n- 2\n"])
def test_a_broken_configuration_is_named(tmp_path, content):
    (tmp_path / "config.yaml").write_text(content)
    with pytest.raises(InputError, match=r"config.yaml must"):
        RunDirectory(tmp_path).config()


def test_a_file_that_is_no_model_is_named(tmp_path):
    (tmp_path / "m.keras").write_bytes(b"nothing")
    for name, message in (("m.keras", "must be a model saved by keras-gen"), ("n.keras", "no such file")):
        with pytest.raises(InputError, match=message):
            load_model_file(tmp_path / name)
