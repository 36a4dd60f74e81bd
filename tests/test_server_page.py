"""The clients of `docs/server.md`, run against a server as a reader runs it."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pytest

import serving
from serving.common.images import grid, read_image, write_png
from tests.pages import blocks, commands
from tests.serving.languages.required import required
from tests.translators import noise

ADDRESS, PORT = "127.0.0.1:8000", '"8000"'


@pytest.fixture(scope="module")
def port(vae_bundle, bundles, tmp_path_factory):
    """That of the page's command, in a reader's folder; it takes free ones here."""
    place = tmp_path_factory.mktemp("reader")
    shutil.copytree(vae_bundle, place / "bundles" / "vae")
    shutil.copytree(bundles["both"], place / "bundles" / "h2z")
    words = shlex.split(commands("server")[0])
    command = [sys.executable, "-m", "keras_gen", *words[1:], "--http-port", "0", "--grpc-port", "0"]
    with subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield next(int(line.rpartition(":")[2]) for line in server.stdout if line.startswith("HTTP: "))
        server.terminate()
    assert server.returncode == 0


@pytest.fixture(scope="module")
def samples(vae_bundle):
    return serving.load(vae_bundle, "cpu").sample(64, seed=7)


def program(language, place, port):
    """The block of a language that holds some text, which asks the server of this test."""
    (text,) = [block for block in blocks("server", language) if place in block]
    return text.replace(ADDRESS, f"127.0.0.1:{port}").replace(PORT, f'"{port}"')


def test_curl(port, samples, tmp_path):
    horse = noise(20, 30)
    write_png(tmp_path / "horse.png", horse)
    text = program("sh", "curl", port).replace("curl ", "curl --silent --show-error --fail ")
    subprocess.run(["bash", "-e", "-c", text], cwd=tmp_path, check=True, timeout=60)
    np.testing.assert_array_equal(read_image(tmp_path / "samples.png"), grid(samples[:9]))
    np.testing.assert_array_equal(read_image(tmp_path / "zebra.png"), 255 - horse)
    assert read_image(tmp_path / "zebra.webp").shape == horse.shape
    (image,) = json.loads((tmp_path / "samples.json").read_text())["outputs"]
    np.testing.assert_array_equal(np.reshape(image["data"], image["shape"]), samples[:2])


@pytest.mark.parametrize("client", ["tritonclient", "import requests"])
def test_python(port, samples, vae_bundle, client):
    names: dict = {}
    exec(program("python", client, port), names)
    np.testing.assert_array_equal(names["pictures"], samples)
    if "codes" in names:
        np.testing.assert_allclose(names["codes"], serving.load(vae_bundle, "cpu").encode(samples), atol=1e-5)


def test_javascript(port, samples, tmp_path):
    required(None if shutil.which("node") else "node")
    (tmp_path / "client.mjs").write_text(program("js", "fetch", port))
    words = subprocess.run(
        ["node", tmp_path / "client.mjs"], capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()
    assert words[:3] == ["2x8x8x1", str(samples[:2].sum()), "image/png"]


def test_cpp(port, samples, tmp_path):
    required(None if shutil.which("g++") else "g++")
    (tmp_path / "client.cpp").write_text(program("cpp", "socket", port))
    warnings = ["-std=c++17", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(["g++", *warnings, tmp_path / "client.cpp", "-o", tmp_path / "client"], check=True, timeout=120)
    made = subprocess.run([tmp_path / "client"], capture_output=True, check=True, timeout=60).stdout
    np.testing.assert_array_equal(np.frombuffer(made, np.uint8).reshape(samples.shape), samples)
