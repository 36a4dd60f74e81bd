from __future__ import annotations

import numpy as np
import pytest

from serving import InputError, Translator
from serving.bulk.job import done_here
from serving.bulk.translating import FolderTranslation, missing, translated
from serving.common.images import read_image, write_png
from serving.translation.files import translate_folder
from tests.translators import noise


@pytest.fixture
def place(tmp_path):
    """Pictures of three sizes at two depths, one of them broken."""
    for index in range(150):
        folder = tmp_path / "in" / ("deeper" if index % 2 else ".")
        write_png(folder / f"{index:03d}.png", noise(5 + index % 3, 7, seed=index))
    (tmp_path / "in" / "broken.png").write_bytes(b"no picture")
    return tmp_path


def here(translation):
    wanted, report = missing(translation)
    done = []
    translated(wanted, done_here(wanted), report, done.append)
    assert sum(done) == len(wanted.files)
    return wanted, report


def tree(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_in_parts_as_at_once(bundles, place):
    translation = FolderTranslation(bundles["centring"], place / "in", place / "parts", tile=16)
    wanted, report = here(translation)
    assert wanted.parts == 76
    whole = translate_folder(Translator(bundles["centring"], tile=16), place / "in", place / "whole")
    assert report == whole
    assert (report.translated, list(report.failed)) == (150, [place / "in" / "broken.png"])
    assert tree(place / "parts") == tree(place / "whole")


def test_what_is_there_stays(bundles, place):
    translation = FolderTranslation(bundles["inverting"], place / "in", place / "out")
    here(translation)
    (place / "out" / "000.png").unlink()
    (place / "out" / "002.png").write_bytes(b"mine")
    (place / "out" / ".000-abcdefgh.png").write_bytes(b"of a killed process")
    _, report = here(translation)
    assert (report.translated, report.present, len(report.failed)) == (1, 149, 1)
    assert (place / "out" / "002.png").read_bytes() == b"mine"
    assert not (place / "out" / ".000-abcdefgh.png").exists()
    np.testing.assert_array_equal(read_image(place / "out" / "000.png"), 255 - noise(5, 7, seed=0))
    _, report = here(FolderTranslation(bundles["inverting"], place / "in", place / "out", overwrite=True))
    assert (report.translated, report.present) == (150, 0)
    np.testing.assert_array_equal(read_image(place / "out" / "002.png"), 255 - noise(7, 7, seed=2))


def test_parts_are_small_where_there_are_few_pictures_and_no_larger_than_what_may_be_lost():
    for files, size in ((1, 1), (64, 1), (200, 3), (100_000, 16)):
        translation = FolderTranslation("b", "in", "out", files=tuple(map(str, range(files))))
        assert translation.size(0) == size
        assert sum(translation.size(part) for part in range(translation.parts)) == files


def test_mistakes(bundles, place):
    with pytest.raises(InputError, match="--out must be a folder outside of"):
        missing(FolderTranslation(bundles["both"], place / "in", place / "in" / "out"))
    with pytest.raises(InputError, match="translates to a or b"):
        done_here(FolderTranslation(bundles["both"], place / "in", place / "out", (place,), to="c"))
