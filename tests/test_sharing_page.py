"""What docs/sharing.md tells a reader to type, typed, with a model hub on loopback."""

from __future__ import annotations

import shlex

from keras_gen.cli import main
from serving.common.images import read_image
from tests.pages import blocks, commands


def test_the_commands_and_the_program_run_one_after_the_other(hub, somewhere):
    small = ["--model.encoder", "{name: mlp, units: [8]}", "--model.decoder", "{name: mlp, units: [8]}"]
    words = ["train", "vae", "--data", "digits", "--image-size", "8", "--epochs", "1", *small]
    assert main([*words, "--out", "runs/vae"]) == 0
    for line in commands("sharing"):
        assert main(shlex.split(line)[1:]) == 0, line
    names: dict = {}
    for program in blocks("sharing", "python"):
        exec(program, names)
    assert names["pictures"].shape == (64, 8, 8, 1)
    assert read_image(somewhere / "samples.png").shape[2] == 1
    card = hub.newest("me/vae")["README.md"].decode()
    assert card.startswith("---\nlicense: apache-2.0\nlibrary_name: keras-gen\n")
    assert "model-index:" in card
