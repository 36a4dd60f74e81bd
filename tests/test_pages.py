"""Every command of every page is run by a test: most pages here, one after the other in a reader's folder, with less
data and smaller networks; pages of which more is to be said in a test of their own."""

from __future__ import annotations

import gzip
import re
import shlex
import struct
from pathlib import Path

import av
import numpy as np
import pytest

from keras_gen.cli import main
from serving.common.images import read_image, write_picture, write_png
from tests.pages import PAGES, ROOT, commands
from tests.translators import noise

ELSEWHERE = {
    "README": "tests/test_readme.py",
    "sampling": "tests/test_readme.py",
    "data": "tests/data/test_page.py",
    "export": "tests/export/test_page.py",
    "own_model": "tests/test_own_model_page.py",
    "own_network": "tests/test_own_network_page.py",
    "page": "tests/serving/page/test_site.py",
    "scaling": "tests/test_scaling_page.py",
    "server": "tests/test_server_page.py",
    "sharing": "tests/test_sharing_page.py",
    "watching": "tests/watch/test_page.py",
}
# Sides of the pages' pictures, and those that stand for them.
SIDES = {"286": "36", "256": "32", "128": "16"}
SMALL = {
    "pix2pix": [
        "--model.generator",
        "{name: unet, filters: 4}",
        "--model.discriminator",
        "{name: patchgan, filters: 4}",
    ],
    "cyclegan": [
        *("--model.generator", "{name: resnet, filters: 4, blocks: 1}"),
        *("--model.discriminator", "{name: patchgan, filters: 4}"),
    ],
    "dann": ["--batch-size", "8"],
    "vae": [],
    "gan": ["--batch-size", "8"],
    "info_gan": ["--batch-size", "8"],
    "conditional_gan": ["--batch-size", "8"],
    "--recipe": [],
}


def write_idx(folder: Path, split: str, count: int) -> None:
    folder.mkdir(exist_ok=True)
    images, labels = noise(28 * count, 28, 1).reshape(count, 28, 28), np.arange(count, dtype=np.uint8) % 10
    for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
        header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
        (folder / f"{split}-{kind}-ubyte.gz").write_bytes(gzip.compress(header + array.tobytes()))


def write_clip(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for index in range(2):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 90 * index, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def adversarial(place: Path) -> None:
    write_idx(place / "mnist", "train", 20)
    write_idx(place / "mnist", "t10k", 20)
    images = np.stack([noise(28, 28, seed=index) for index in range(20)])
    labels = np.arange(20) % 10
    np.savez(place / "mnist_m.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    write_png(place / "photo.png", noise(28, 28))


def training(place: Path) -> None:
    for folder in ("photographs", "few"):
        for index in range(8):
            write_png(place / folder / f"{index}.png", noise(20, 24, seed=index))


def translation(place: Path) -> None:
    for index in range(2):
        write_png(place / "facades" / f"{index}.png", noise(40, 80, seed=index))
        for folder in ("trainA", "trainB", "testA", "testB"):
            write_png(place / "horse2zebra" / folder / f"{index}.png", noise(40, 50, seed=index))
        write_png(place / "photos" / f"{index}.png", noise(32, 32, seed=index))
        write_png(place / "masks" / f"{index}.png", noise(32, 32, 1, seed=index))
    for index in range(16):
        write_png(place / "cifar10" / "train" / "bird" / f"{index}.png", noise(32, 32, seed=index))
    write_png(place / "horse.png", noise(32, 32, 1))
    write_png(place / "small.png", noise(16, 16))
    write_picture(place / "photo.jpg", noise(32, 32))
    write_clip(place / "clip.mp4")


def ready(place: Path) -> None:
    write_png(place / "digit.png", noise(32, 32))


HERE = {function.__name__: function for function in (adversarial, ready, training, translation)}


def reduced(line: str) -> list[str]:
    """The words of a command for one epoch on one device of this process: several are what `tests/cli/test_workers.py`
    is about."""
    words = [SIDES.get(word, word) for word in shlex.split(re.sub(r"^\w+='[^']*' +", "", line))[1:]]
    if words[0] == "launch":
        words = words[words.index("--") + 1 :]
    if "--strategy" in words:
        place = words.index("--strategy")
        del words[place : place + 2]
    if words[0] == "train":
        words += ["--epochs", "1", *SMALL[words[1]]]
    return [word.replace("/shared/", "shared/") for word in words]


@pytest.mark.parametrize("page", HERE)
def test_the_commands_of_a_page_run_one_after_the_other(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    HERE[page](tmp_path)
    for line in commands(page):
        words = reduced(line)
        assert main(words) == 0, (line, capsys.readouterr().err)
        out = words[words.index("--out") + 1] if "--out" in words else "."
        assert Path(out).exists(), line
    if page == "translation":
        assert read_image(tmp_path / "zebra.jpg").shape == (32, 32, 3)
        assert len(list((tmp_path / "zebras").iterdir())) == 2


def test_the_pages_of_other_tests_are_there():
    """The commands of all other pages are looked at in `tests/test_short_pages.py`."""
    assert {*HERE, *ELSEWHERE} <= {page for page in PAGES if commands(page)}
    for page, file in ELSEWHERE.items():
        assert f'"{page}"' in (ROOT / file).read_text()
