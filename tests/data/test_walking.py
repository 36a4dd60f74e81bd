"""Folders as deep as they go, and what is left out of them."""

from __future__ import annotations

import numpy as np
import pytest

from keras_gen.cli import main
from keras_gen.data import open_domains, open_source
from serving.common.images import write_png

STEP = 60


def picture(path, level=0):
    """A picture of a grey level, in steps that use the whole scale."""
    write_png(path, np.full((8, 8, 1), STEP * level, np.uint8))


@pytest.fixture
def deep(tmp_path):
    """Classes of which one is in folders of folders, and what people have beside their pictures."""
    for index, place in enumerate(["a/0", "b/2020/jan/1", "b/2020/2", "b/3", "c.d/4"]):
        picture(tmp_path / "train" / f"{place}.png", index)
    picture(tmp_path / "train" / ".thumbnails" / "0.png")
    picture(tmp_path / "train" / "a" / "._0.png")
    picture(tmp_path / "extra" / "0.png")
    (tmp_path / "train" / "empty").mkdir()
    for file in ("train/notes.txt", "train/b/2020/raw.xyz", "train/b/other.XYZ"):
        (tmp_path / file).write_text("no picture")
    return tmp_path


def levels(source):
    return (source.examples.images[:, 0, 0, 0] // STEP).tolist()


def test_the_first_level_is_the_class(deep):
    source = open_source(f"folder:{deep}")
    assert source.classes == ("a", "b", "c.d")
    assert (levels(source), source.examples.labels.tolist()) == ([0, 3, 2, 1, 4], [0, 1, 1, 1, 2])


def test_what_is_left_out_is_counted_and_named(deep, caplog):
    with caplog.at_level("INFO"):
        open_source(f"folder:{deep}")
    assert [record.getMessage().replace(str(deep), "") for record in caplog.records] == [
        "folder:: left out the folders beside train: extra",
        "folder:: left out 3 files that no picture is called like: 2 .xyz (other.XYZ, raw.xyz), 1 .txt (notes.txt), "
        "as /train/notes.txt",
    ]


def test_a_command_says_it_once(deep, capsys):
    assert main(["prepare", f"folder:{deep}", "--out", str(deep / "prepared")]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": left out ")[2][:15] for line in lines] == ["the folders bes", "3 files that no"]


def test_a_link_that_leads_back_up_ends(deep):
    (deep / "train" / "a" / "again").symlink_to(deep / "train")
    assert levels(open_source(f"folder:{deep}")).count(0) == 1


def test_two_domains_are_as_deep(tmp_path, caplog):
    for domain in "AB":
        for place in ("0", "x/1", "x/y/2"):
            picture(tmp_path / "u" / f"train{domain}" / f"{place}.png", int(place[-1]))
            picture(tmp_path / f"p{domain}" / f"{place}.png", int(place[-1]))
        (tmp_path / "u" / f"train{domain}" / "x" / "y" / "2.xyz").write_text("no picture")
    both = open_domains(f"unpaired:{tmp_path / 'u'}")
    assert (levels(both.a), levels(both.b)) == ([0, 1, 2], [0, 1, 2])
    pairs = open_domains(f"pairs:{tmp_path / 'pA'},{tmp_path / 'pB'}")
    assert levels(pairs.a) == levels(pairs.b) == [0, 1, 2]
    (tmp_path / "pB" / "x" / "y" / "2.png").unlink()
    with pytest.raises(ValueError, match=r"same names in both folders\. Received: .*pA/x/y/2\.png alone"):
        open_domains(f"pairs:{tmp_path / 'pA'},{tmp_path / 'pB'}")
