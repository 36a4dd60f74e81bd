"""What the tests of the commands that run bundles share."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import serving
from keras_gen.cli import main
from serving.common.images import write_png


def without_notes(said):
    """Standard error but for the line that says which provider runs."""
    return "".join(line for line in said.splitlines(keepends=True) if not line.startswith("keras-gen: runs on "))


@pytest.fixture
def sampler(vae_bundle):
    return serving.load(vae_bundle)


@pytest.fixture
def files(pictures, tmp_path):
    """Three pictures of the bundle's size."""
    grey = np.rint((pictures[:3] + 1) * 127.5).astype(np.uint8)
    for name, picture in zip("abc", grey, strict=True):
        write_png(tmp_path / "in" / f"{name}.png", picture)
    return grey, [tmp_path / "in" / f"{name}.png" for name in "abc"]


@pytest.fixture
def run(capfd):
    def command(*words):
        code = main([str(word) for word in words])
        captured = capfd.readouterr()
        return code, captured.out, without_notes(captured.err)

    return command


@pytest.fixture
def refused(run):
    """Runs a command that must end with one line and exit code 2, and gives that line."""

    def command(*words):
        code, _, err = run(*words)
        assert code == 2
        assert len(err.splitlines()) == 1, err
        return err

    return command


@pytest.fixture
def altered_bundle(vae_bundle, tmp_path_factory):
    """A copy of the bundle whose manifest, as JSON, was altered by a function."""

    def altered(change):
        copy = shutil.copytree(vae_bundle, tmp_path_factory.mktemp("altered") / "bundle")
        manifest = json.loads((copy / "manifest.json").read_text())
        change(manifest)
        (copy / "manifest.json").write_text(json.dumps(manifest))
        return copy

    return altered


@pytest.fixture
def priorless_bundle(altered_bundle):
    """A bundle as a model without a prior exports it."""

    def change(manifest):
        manifest["latent"]["prior"] = None
        for name in ("noise", "sampler"):
            del manifest["networks"][name]

    return altered_bundle(change)
