"""Ready bundles: what the package carries, and that its names are taken."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import serving
from keras_gen.cli import main
from keras_gen.cli.ready import SIDE
from serving import InputError
from serving.bundle.ready import ready_catalogue, ready_folder, ready_names
from serving.common.images import grid, read_image

MEGABYTE = 10**6
NAMES, OWN = ready_names(), ready_folder()


def test_each_is_in_the_catalogue():
    """From which a page reads their names."""
    assert sorted(ready_catalogue()) == NAMES


def test_all_of_them_are_small():
    sizes = {name: sum(file.stat().st_size for file in (ready_folder() / name).rglob("*")) for name in NAMES}
    assert max(sizes.values()) <= 2 * MEGABYTE
    assert sum(sizes.values()) <= 6 * MEGABYTE


@pytest.mark.parametrize("name", NAMES)
def test_each_is_verified_and_says_where_it_comes_from(name, capsys):
    assert main(["info", f"ready:{name}"]) == 0
    assert "every file matches its SHA-256" in capsys.readouterr().out
    entry, folder = ready_catalogue()[name], ready_folder() / name
    card = (folder / "README.md").read_text()
    config = serving.Manifest.read(folder).training["config"]
    assert f"`keras-gen train --recipe {entry['recipe']}`, seed {config['seed']}" in card
    assert f"Licence of the data: {entry['data_license']}." in card
    assert "license: apache-2.0" in card
    # No path of the machine that it was made on.
    assert not re.search(r"(?<![\w.:/])/\w", (folder / "manifest.json").read_text())


def test_a_name_that_is_none_is_one_line_with_those_that_are(capsys):
    assert main(["sample", "ready:digts", "--out", "x.png"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    names = ", ".join(NAMES)
    assert line == f"keras-gen: a ready bundle must be one of {names}. Received: 'digts'. Did you mean 'digits'?"
    for other in ("", "../ready/digits", "catalogue.json"):
        with pytest.raises(InputError, match="a ready bundle must be one of "):
            serving.load(f"ready:{other}")


WITHOUT = """
import sys
for module in ("tensorflow", "keras"):
    sys.modules[module] = None
def no_network(event, _):
    assert not event.startswith("socket.connect") and event != "socket.getaddrinfo", event
sys.addaudithook(no_network)
from keras_gen.cli import main
raise SystemExit(main(sys.argv[1:]))
"""


def test_samples_need_neither_tensorflow_nor_a_network(tmp_path):
    words = ["sample", "ready:digits", "-n", "20", "--out", tmp_path / "s.png"]
    subprocess.run([sys.executable, "-c", WITHOUT, *words], check=True, cwd=tmp_path)
    drawn = serving.load("ready:digits").sample(20, seed=0)
    np.testing.assert_array_equal(read_image(tmp_path / "s.png"), grid(drawn, 10))


def test_the_list_names_each_with_what_it_can_do(capsys, tmp_path):
    assert main(["ready", "--out", str(tmp_path / "sheet.png")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0].removeprefix("ready:") for line in lines if line.startswith("ready:")] == NAMES
    assert "  conditional_gan of 32x32x1: sample, 10 classes" in lines
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > min(4, len(NAMES)) * SIDE
        assert sheet.height > -(-len(NAMES) // 4) * SIDE


def test_a_folder_of_one_s_own_takes_their_place(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_GEN_READY", str(tmp_path))
    with pytest.raises(InputError, match="where there is none. Received: 'digits'"):
        serving.load("ready:digits")
    assert main(["ready"]) == 2
    shutil.copytree(OWN / "digits", tmp_path / "mine")
    assert serving.load("ready:mine").manifest.model == "conditional_gan"
    assert main(["ready"]) == 0
    assert "ready:mine" in capsys.readouterr().out
