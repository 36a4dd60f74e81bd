"""What `docs/own_model.md` tells a reader to type, typed, with the code that it refers to."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys

import pytest
import yaml

from serving import Manifest
from serving.common.images import read_image
from tests.pages import ROOT, blocks

CODE = ROOT / "docs" / "own_model" / "my_wae.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A reader's folder, with the code of the page."""
    folder = tmp_path_factory.mktemp("own_model")
    shutil.copy(CODE, folder)
    (recipe,) = blocks("own_model", "yaml")
    (folder / "wae.yaml").write_text(recipe)
    (folder / "my_parts.py").write_text(blocks("own_model", "python")[-1])
    return folder


def typed(folder, line):
    """Runs a command in a process of its own, where nothing is imported yet, for one epoch where it trains."""
    words = shlex.split(re.sub(r"--epochs \d+", "--epochs 1", line))
    assert words.pop(0) == "keras-gen"
    done = subprocess.run([sys.executable, "-m", "keras_gen", *words], cwd=folder, capture_output=True, text=True)
    errors = [line for line in done.stderr.splitlines() if not line.startswith("keras-gen: runs on ")]
    assert (done.returncode, errors) == (0, [])
    return done.stdout


def test_the_model_is_trained_exported_and_sampled(folder):
    for line in blocks("own_model", "sh")[0].splitlines():
        typed(folder, line)
    manifest = Manifest.read(folder / "bundles" / "wae")
    assert (manifest.model, manifest.latent.size, manifest.latent.prior) == ("MyWAE", 8, "standard_normal")
    assert read_image(folder / "wae.png").shape[2] == 1
    assert read_image(folder / "pairs.png").size


def test_the_recipe_is_the_command(folder):
    """Its file is shown as what the command before it says."""
    recipe = yaml.safe_load((folder / "wae.yaml").read_text())
    command = shlex.split(blocks("own_model", "sh")[0].splitlines()[0])
    for option, value in (("--data", recipe["data"]), ("--epochs", recipe["epochs"])):
        assert command[command.index(option) + 1] == str(value)
    assert command[2] == recipe["name"]
    assert "MyWAE" in typed(folder, "keras-gen train --recipe wae.yaml --epochs 1 --out runs/recipe")


@pytest.mark.parametrize("line", blocks("own_model", "sh")[1].splitlines())
def test_own_networks_and_losses(folder, line):
    assert "run: runs/own_" in typed(folder, line)


def test_the_code_is_as_short_as_the_page_says():
    assert len(CODE.read_text().splitlines()) <= 110
    first, *_ = blocks("own_model", "python")
    assert all(line in CODE.read_text() for line in first.splitlines())
