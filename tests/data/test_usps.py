from __future__ import annotations

import gzip

import numpy as np
import pytest

from keras_gen.data import open_source
from serving import InputError


def line(label, pixels):
    return " ".join([f"{label:.4f}", *(f"{value:.4f}" for value in pixels)])


def write(folder, split, *lines):
    (folder / f"zip.{split}.gz").write_bytes(gzip.compress("\n".join([*lines, ""]).encode()))


@pytest.fixture
def ramp():
    """The grey levels 0 to 255 as the file has them: -1 to 1."""
    return np.arange(256) / 127.5 - 1


def test_pictures_and_labels(tmp_path, ramp):
    write(tmp_path, "train", line(6, ramp), "", line(0, -ramp))
    write(tmp_path, "test", "9 " + " ".join(["-1"] * 255 + ["1"]))
    source = open_source(f"usps:{tmp_path}")
    assert source.image_shape == (16, 16, 1)
    assert source.classes == tuple("0123456789")
    assert source.examples.labels.tolist() == [6, 0]
    assert source.examples.images.dtype == np.uint8
    np.testing.assert_array_equal(source.examples.images[0].ravel(), np.arange(256))
    np.testing.assert_array_equal(source.examples.images[1].ravel(), np.arange(256)[::-1])
    held_out = open_source(f"usps:{tmp_path}", split="test").examples
    assert (held_out.labels.tolist(), held_out.images.sum()) == ([9], 255)
    assert len(open_source(f"usps:{tmp_path}", split="all")) == 3
    assert open_source(f"usps:{tmp_path}", image_size=28, channels=3).image_shape == (28, 28, 3)


def gzipped(text):
    """Without the time in it, so that every process names a test alike."""
    return gzip.compress(text, mtime=0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no gzip", "zip.train.gz must be gzipped text."),
        (gzipped(b"1 2 3\n")[:-6], "zip.train.gz must be gzipped text."),
        (gzipped(b"\xff\xfe"), "zip.train.gz must be gzipped text."),
        (gzipped(b"\n"), "at least one digit. Received: an empty file."),
        (gzipped(b"1 0 0\n"), "must have 257 numbers a digit. Received: 3 for digit 1."),
        (gzipped(b"1" + b" x" * 256), "must have numbers alone."),
        (gzipped(b"10" + b" 0" * 256), "must have labels from 0 to 9. Received: 10."),
        (gzipped(b"1.5" + b" 0" * 256), "must have labels from 0 to 9. Received: 1.5."),
        (gzipped(b"1" + b" nan" * 256), "must have pixels from -1 to 1. Received: nan."),
        (gzipped(b"1" + b" 0" * 255 + b" 1.5"), "must have pixels from -1 to 1. Received: 1.5."),
    ],
)
def test_a_malformed_file_is_named(tmp_path, content, message):
    (tmp_path / "zip.train.gz").write_bytes(content)
    with pytest.raises(InputError) as error:
        open_source(f"usps:{tmp_path}")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere must be a folder. Received: no such folder"):
        open_source(f"usps:{tmp_path / 'nowhere'}")
    with pytest.raises(InputError, match="zip.test.gz must be a file of digits. Received: no such file."):
        open_source(f"usps:{tmp_path}", split="test")
    with pytest.raises(InputError, match="Did you mean 'usps'?"):
        open_source(f"usp:{tmp_path}")
