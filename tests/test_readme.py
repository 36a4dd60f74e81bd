"""What the README, and the pages of models and of sampling, tell a stranger to type, typed."""

from __future__ import annotations

import shlex

import numpy as np
import pytest

from keras_gen.cli import main
from serving.common.images import write_png
from tests.pages import blocks, commands

PAGES = ("README", "models", "sampling")


@pytest.mark.parametrize("name", PAGES)
def test_the_python_programs_run_one_after_the_other(somewhere, name):
    names: dict = {}
    for program in blocks(name, "python"):
        exec(program.replace("epochs=30", "epochs=1").replace("100_000", "200"), names)
    if "sampler" in names:
        np.testing.assert_array_equal(names["pictures"], names["sampler"].sample(64, seed=7))


@pytest.mark.parametrize("line", [line for name in PAGES for line in commands(name)])
def test_the_commands_run(somewhere, line, page):
    for index in range(64 if "folder:photos" in line else 0):
        write_png(somewhere / "photos" / "of_me" / f"{index}.png", np.full((64, 64, 3), index, np.uint8))
    words = shlex.split(line)
    assert words.pop(0) == "keras-gen"
    if "samples" in words or words[0] == "decompress":
        assert main(["sample", "bundles/vae", "-n", "3", "--out", "samples"]) == 0
    if words[0] == "decompress":
        assert main(["compress", "bundles/vae", "samples", "--out", "codes.kgc"]) == 0
    if words[0] == "export":
        assert main(["train", "vae", "--data", "digits", "--epochs", "1", "--out", "runs/vae"]) == 0
    if words[0] == "train" and "--help" not in words:
        if "--epochs" in words:
            words[words.index("--epochs") + 1] = "1"
        else:
            words += ["--epochs", "1"]
    if "--help" in words:
        with pytest.raises(SystemExit, match="0"):
            main(words)
    else:
        assert main(words) == 0
