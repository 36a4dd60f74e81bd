"""A model of a user's own, `module:Class`, in every command that trains or loads one."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
import yaml

from serving import Manifest
from serving.common.images import read_image

MODULE = '''
import keras
from keras_gen.models.autoencoder import Autoencoder
from keras_gen.training.optimizers import OptimizerSpec
from keras_gen.training.base import BaseModel


@keras.saving.register_keras_serializable(package="tests_own")
class Halved(Autoencoder):
    """An autoencoder whose code is half as long."""

    def __init__(self, image_shape=(32, 32, 1), latent_dim: int = 4, rounded: bool = False, seed: int = 0, **kwargs):
        super().__init__(image_shape, latent_dim // 2, "mlp", "mlp", seed=seed, **kwargs)
        self.latent_dim = latent_dim // 2
        self.rounded = rounded

    def get_config(self):
        return {**super().get_config(), "latent_dim": 2 * self.latent_dim}

    @classmethod
    def from_config(cls, config):
        return cls(config["image_shape"], config["latent_dim"], config["rounded"], config["seed"])


class Unregistered(Autoencoder):
    pass


def function():
    pass
'''
TRAIN = ["--data", "digits", "--epochs", "1", "--batch-size", "500", "--model.latent-dim", "6", "--model.rounded"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Holds the module and a run, made by a process of its own, so that nothing here has imported the class."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "halved_code.py").write_text(MODULE)
    words = ["train", "halved_code:Halved", *TRAIN]
    done = subprocess.run([sys.executable, "-m", "keras_gen", *words], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    shutil.copy(folder / "runs" / "Halved" / "model.keras", folder / "bare.keras")
    return folder


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return folder


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "halved_code:Halve", *TRAIN], "Received: 'halved_code:Halve'. Did you mean 'Halved'?"),
        (["train", "nowhere:Halved", *TRAIN], "must name a module that can be imported. Received: ModuleNotFound"),
        (
            ["train", "halved_code:function", *TRAIN],
            "subclass of keras_gen.training.base.BaseModel. Received: function",
        ),
        (["train", "halved_code:OptimizerSpec", *TRAIN], "BaseModel. Received: OptimizerSpec."),
        (["train", "halved_code:Unregistered", *TRAIN], "halved_code:Unregistered must be registered with Keras"),
        (["train", "halved_code:BaseModel", *TRAIN], "halved_code:BaseModel must be registered with Keras"),
        (["export", "bare.keras", "--out", "b"], "import halved_code first; on the command line, give the run"),
        (["train", "halved_code:Halved", *TRAIN, "--model.latent", "2"], "Did you mean '--model.latent-dim'?"),
    ],
)
def test_mistakes_are_one_line(here, refused, words, message):
    """Before the next tests import the class: Keras keeps what was registered."""
    if words[0] == "export":
        done = subprocess.run([sys.executable, "-m", "keras_gen", *words], capture_output=True, text=True)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
        assert message in done.stderr
    else:
        assert message in refused(*words)


def test_a_run_names_its_model(here):
    """In a process of its own for each command, which finds the class by the run's configuration."""
    config = yaml.safe_load((here / "runs" / "Halved" / "config.yaml").read_text())
    own = {name: config["model"][name] for name in ("latent_dim", "rounded")}
    assert (config["name"], own) == ("halved_code:Halved", {"latent_dim": 6, "rounded": True})
    commands = [
        ["train", "halved_code:Halved", *TRAIN, "--epochs", "2"],
        ["export", "runs/Halved", "--out", "bundle"],
        ["evaluate", "runs/Halved/model.keras", "--data", "digits", "--count", "50"],
    ]
    said = []
    for words in commands:
        done = subprocess.run([sys.executable, "-m", "keras_gen", *words], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        said.append(done.stdout)
    assert "resuming after epoch 1 of 2" in said[0]
    manifest = Manifest.read(here / "bundle")
    assert (manifest.model, manifest.latent.size) == ("Halved", 3)


def test_a_recipe_names_it_too(here, run, tmp_path):
    model = {"latent-dim": 2}
    content = {"name": "halved_code:Halved", "data": "digits", "epochs": 1, "batch-size": 750, "model": model}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(content))
    code, out, err = run("train", "--recipe", tmp_path / "mine.yaml", "--out", tmp_path / "run")
    assert (code, err) == (0, "")
    assert "halved_code:Halved on digits" in out
    config = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
    assert (config["batch_size"], config["model"]["latent_dim"]) == (750, 2)
    code, _, err = run(
        "invert", tmp_path / "run", here / "runs/Halved/samples", "--resize", "--out", tmp_path / "i.png"
    )
    assert code == 0, err
    assert read_image(tmp_path / "i.png").size
