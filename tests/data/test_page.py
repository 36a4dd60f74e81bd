"""What docs/data.md says of data, and what it tells a reader to type, typed."""

from __future__ import annotations

import re
import shlex

import numpy as np
import pytest
from PIL import Image

from keras_gen.cli import main
from keras_gen.data import import_data, open_domains
from keras_gen.data.kinds import DOMAINS, OWN_DOMAINS, OWN_SOURCE, SOURCES, forms
from serving.common.images import write_png
from tests.pages import PAGES, ROOT, blocks, commands

TEXT = PAGES["data"].read_text()


def table(stated):
    rows = [f"| {' or '.join(f'`{text}`' for text in form.texts)} | {form.what} |\n" for form in stated]
    return "".join(["| `--data` | what |\n|---|---|\n", *rows, "\n"])


def test_the_page_has_every_kind_and_no_other():
    for stated in (forms(SOURCES, OWN_SOURCE), forms(DOMAINS, OWN_DOMAINS)):
        assert table(stated) in TEXT


def test_a_kind_is_called_like_its_file():
    """So that no two files can state the same name."""
    stated = {
        kind.form.texts: kind.read.__module__.rpartition(".")[2] for kind in (*SOURCES.values(), *DOMAINS.values())
    }
    files = {file.stem for file in (ROOT / "keras_gen" / "data" / "sources").glob("[!_]*.py")}
    assert set(stated.values()) == files
    for texts, file in stated.items():
        assert all(re.match(rf"{file}(:|$)", text) for text in texts)


@pytest.fixture(scope="module")
def my_data(tmp_path_factory):
    """The page's module in a folder with the photographs that it reads."""
    folder = tmp_path_factory.mktemp("page")
    *functions, program = blocks("data", "python")
    (folder / "my_data.py").write_text("\n\n".join(functions))
    lines = []
    for index, (split, time) in enumerate([("train", "day")] * 3 + [("train", "night")] * 3 + [("test", "day")] * 2):
        write_png(folder / f"{index}.png", np.full((20 + index, 24, 3), 10 * index, np.uint8))
        lines.append(f"{index}.png,{split},{time}\n")
    (folder / "photographs.csv").write_text("".join(lines))
    np.savez(folder / "satellite.npz", images=np.arange(13, dtype=np.uint8) * np.ones((4, 8, 8, 1), np.uint8))
    (folder / "ct_scans").mkdir()
    for index in range(4):
        Image.fromarray(np.full((20, 20), index * 1000 - 1024, np.int32)).save(folder / "ct_scans" / f"{index}.tif")
    return folder, program


@pytest.fixture
def there(my_data, monkeypatch):
    monkeypatch.chdir(my_data[0])
    return my_data[0]


def test_the_commands_run(there):
    for line in commands("data"):
        words = shlex.split(line.replace("--epochs 20", "--epochs 1"))[1:]
        assert main([*words, *(["--samples", "2", "--drawn", "100"] if words[0] == "evaluate" else [])]) == 0
    assert (there / "runs" / "stripes" / "evaluation.json").exists()
    facts = (there / "prepared" / "photographs" / "prepared.json").read_text()
    assert '"day"' in facts
    assert np.load(there / "prepared" / "photographs" / "train-images.npy").shape == (6, 16, 16, 3)


def test_the_program_runs(there, my_data):
    names: dict = {}
    exec(my_data[1], names)
    assert (names["source"].image_shape, len(names["source"])) == ((8, 8, 1), 100)
    assert names["source"].classes == ("horizontal", "vertical")


def test_the_domains_are_what_it_says(there):
    for name in ("my_data:darkened", "my_data:turned"):
        import_data(name)
    pairs = open_domains("my_data:darkened")
    bright, dark = (part.examples.images for part in (pairs.a, pairs.b))
    assert pairs.paired
    np.testing.assert_allclose(dark + 1, (bright + 1) / 4, atol=1e-6)
    turned = open_domains("my_data:turned", split="test")
    assert not turned.paired
    assert len(turned.a) + len(turned.b) == 100
    np.testing.assert_array_equal(np.ptp(turned.a.examples.images, axis=2), 0)
    np.testing.assert_array_equal(np.ptp(turned.b.examples.images, axis=1), 0)
