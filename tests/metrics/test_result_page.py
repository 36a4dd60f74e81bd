from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_gen.metrics.figure import Figure
from keras_gen.metrics.result_page import page_file, results, write_page
from serving import InputError


def columns(count=3, side=12, channels=3):
    rng = np.random.default_rng(0)
    return {
        name: rng.integers(0, 256, (count, side, side, channels), np.uint8) for name in ("input", "output", "truth")
    }


def pictures(text):
    return [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(found))))
        for found in re.findall(r'src="data:image/png;base64,([^"]+)"', text)
    ]


def test_a_page_holds_every_picture_and_its_error(tmp_path):
    given = columns()
    given["output"] = given["output"].astype(np.float32) / 127.5 - 1
    figures = [Figure("a_to_b_l1", 0.25, "", "pairs:<x>", 3, {})]
    file = tmp_path / "deeper" / "index.html"
    write_page(file, "runs/a & b", [results("a_to_b", given, "output", "truth")], figures)
    text = file.read_text()
    expected = columns()
    found = pictures(text)
    assert len(found) == 9
    for index in range(3):
        for place, name in enumerate(("input", "output", "truth")):
            np.testing.assert_array_equal(found[3 * index + place], expected[name][index])
    errors = [float(value) for value in re.findall(r'data-l1="([^"]+)"', text)]
    difference = np.abs(expected["output"].astype(float) - expected["truth"]).mean((1, 2, 3)) / 127.5
    np.testing.assert_allclose(errors, difference, rtol=1e-5)
    assert "<title>runs/a &amp; b</title>" in text
    assert "pairs:&lt;x&gt;" in text
    assert "3 of 3 examples: input, output, truth." in text
    # One file: nothing is asked of another host, or of the disk.
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "http://" not in text.replace("http-equiv", "")
    assert "https://" not in text


def test_without_a_truth_there_is_nothing_to_sort_by(tmp_path):
    given = {name: images for name, images in columns(channels=1).items() if name != "truth"}
    write_page(tmp_path / "page.html", "t", [results("a_to_b", given, "output", None)], [])
    text = (tmp_path / "page.html").read_text()
    assert "<select" not in text
    assert len(pictures(text)) == 6


def test_large_data_shows_its_first_examples():
    many = {name: np.zeros((300, 256, 256, 1), np.uint8) for name in ("input", "output")}
    shown = results("a_to_b", many, "output", "input")
    assert (len(shown.columns["input"]), shown.of, len(shown.errors["psnr"])) == (61, 300, 61)


def test_where_it_is_written(tmp_path):
    assert page_file(Path("a/page.HTML")) == Path("a/page.HTML")
    assert page_file(Path("pages")) == Path("pages/index.html")
    with pytest.raises(InputError, match="--html must be a folder or a file with the suffix .html. Received: a.png"):
        page_file(Path("a.png"))
