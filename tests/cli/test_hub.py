"""The commands on bundles of a model hub."""

from __future__ import annotations

import json

import pytest
from huggingface_hub import ModelCard

import serving
from keras_gen.cli import main
from serving.bundle.hub import manifest_sha256

ONE = {"--out": "x.png"}
WITH_BUNDLE = {
    "attribute": ["x.png", "--with", "x", "--without", "y"],
    "classify": ["x.png"],
    "compress": ["x.png"],
    "encode": ["x.png"],
    "evaluate": ["--data", "digits"],
    "export": ["--triton", "x"],
    "features": ["--data", "digits"],
    "info": [],
    "interpolate": [],
    "invert": ["x.png"],
    "latent": ["--data", "digits"],
    "manifold": [],
    "neighbours": ["--data", "digits"],
    "push": ["me/mine"],
    "reconstruct": ["x.png"],
    "sample": [],
    "translate": ["x.png", "--to", "b"],
    "traverse": [],
}
OUT = {"encode": "x.npy", "features": "x.npy", "compress": "x.kgc"}


@pytest.mark.parametrize("command", WITH_BUNDLE)
def test_every_command_that_takes_a_bundle_takes_one_of_a_hub(hub, refused, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.png").touch()
    silent = command in ("classify", "evaluate", "export", "info", "push")
    out = [] if silent else ["--out", OUT.get(command, "x.png")]
    line = refused(command, "hub:me/nothing", *WITH_BUNDLE[command], *out)
    assert "hub:me/nothing must be on the hub" in line
