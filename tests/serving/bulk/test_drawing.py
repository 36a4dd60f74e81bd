from __future__ import annotations

import dataclasses
import itertools
import re

import numpy as np
import pytest

import export
import serving
from serving import InputError
from serving.bulk.drawing import Drawing, drawn
from serving.bulk.job import done_here
from serving.common.images import read_image, to_uint8


def here(drawing, parts=None):
    """Draws in this process, and stops after a number of parts as an interruption would."""
    if parts is None:
        return drawn(drawing, done_here(drawing))
    drawing.begin()
    return list(itertools.islice(done_here(drawing), parts))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def pictures(folder):
    return np.stack([read_image(folder / name) for name in names(folder)])


def written(folder):
    """File -> which file it is and when it was written."""
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.iterdir()}


@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_pictures_are_those_of_the_sampler(vae_bundle, tmp_path, batch_size):
    here(Drawing(vae_bundle, tmp_path / "out", 11, seed=7, batch_size=batch_size))
    assert names(tmp_path / "out") == [f"{index:04d}.png" for index in range(11)]
    np.testing.assert_array_equal(pictures(tmp_path / "out"), serving.load(vae_bundle).sample(11, seed=7))


@pytest.mark.parametrize("batch_size", [3, 64])
def test_arrays_in_order(vae_bundle, tmp_path, batch_size):
    here(Drawing(vae_bundle, tmp_path / "out", 11, seed=7, batch_size=batch_size, format="npy", shard_size=4))
    assert names(tmp_path / "out") == ["0000.npy", "0004.npy", "0008.npy"]
    arrays = [np.load(tmp_path / "out" / name, allow_pickle=False) for name in names(tmp_path / "out")]
    assert [len(array) for array in arrays] == [4, 4, 3]
    np.testing.assert_array_equal(np.concatenate(arrays), serving.load(vae_bundle).sample(11, seed=7))


def test_arrays_keep_floats_and_files_do_not(small_vae, tmp_path):
    bundle = export.export_bundle(small_vae, tmp_path / "bundle", io="float")
    expected = serving.load(bundle).sample(5, seed=2)
    assert expected.dtype == np.float32
    here(Drawing(bundle, tmp_path / "npy", 5, seed=2, format="npy"))
    np.testing.assert_array_equal(np.load(tmp_path / "npy" / "0000.npy"), expected)
    here(Drawing(bundle, tmp_path / "png", 5, seed=2))
    np.testing.assert_array_equal(pictures(tmp_path / "png"), to_uint8(expected))


def test_classes(of_classes, tmp_path):
    """One after the other, across the borders of parts, or one of them."""
    library = serving.load(of_classes)
    here(Drawing(of_classes, tmp_path / "all", 10, batch_size=4))
    np.testing.assert_array_equal(pictures(tmp_path / "all"), library.sample(10))
    here(Drawing(of_classes, tmp_path / "one", 10, label=1, batch_size=4))
    np.testing.assert_array_equal(pictures(tmp_path / "one"), library.of_class(1).sample(10))


@pytest.mark.parametrize("format", ["png", "npy"])
def test_an_interrupted_drawing_goes_on(vae_bundle, tmp_path, format):
    drawing = Drawing(vae_bundle, tmp_path / "out", 20, seed=1, batch_size=3, format=format, shard_size=6)
    here(dataclasses.replace(drawing, target=tmp_path / "straight"))
    here(drawing, parts=2)
    some = written(tmp_path / "out")
    assert len(some) == {"png": 6, "npy": 2}[format] + 1  # what is drawn is written down
    here(drawing)
    after = written(tmp_path / "out")
    assert {name: after[name] for name in some if name in after} == {n: s for n, s in some.items() if n in after}
    assert names(tmp_path / "out") == names(tmp_path / "straight")
    for name in names(tmp_path / "out"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "straight" / name).read_bytes()


def test_a_part_that_was_begun_is_finished_without_repetition(vae_bundle, tmp_path):
    drawing = Drawing(vae_bundle, tmp_path / "out", 8, batch_size=8)
    here(drawing, parts=1)
    (tmp_path / "out" / "0005.png").unlink()
    before = written(tmp_path / "out")
    here(drawing)
    after = written(tmp_path / "out")
    assert {name for name in after if before.get(name) != after[name]} == {"0005.png"}


@pytest.mark.parametrize("change", [{"seed": 2}, {"n": 9}, {"format": "npy"}, {"label": 0}])
def test_what_was_left_of_other_pictures_is_not_taken_for_these(of_classes, tmp_path, change):
    first = Drawing(of_classes, tmp_path / "out", 10, seed=1, batch_size=2)
    here(first, parts=3)
    second = dataclasses.replace(first, **change)
    here(second)
    here(dataclasses.replace(second, target=tmp_path / "straight"))
    for path in (tmp_path / "straight").iterdir():
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()


def test_what_was_left_of_another_bundle_is_not_taken_for_its_own(vae_bundle, small_vae, tmp_path):
    """Networks that keep their numbers in a file beside them have the same graph."""
    other = small_vae.__class__.from_config(small_vae.get_config())
    other_bundle = export.export_bundle(other, tmp_path / "other")
    first = Drawing(vae_bundle, tmp_path / "out", 10, batch_size=2)
    here(first, parts=3)
    here(dataclasses.replace(first, bundle=other_bundle))
    np.testing.assert_array_equal(pictures(tmp_path / "out"), serving.load(other_bundle).sample(10))


def test_finished_pictures_are_drawn_anew_and_other_files_stay(vae_bundle, tmp_path):
    here(Drawing(vae_bundle, tmp_path / "out", 5, seed=1))
    (tmp_path / "out" / "0002.png").write_bytes(b"damaged")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    (tmp_path / "out" / ".0002-mine.png").write_text("mine")
    (tmp_path / "out" / ".0002-abcdefgh.png").write_text("of a killed process")
    here(Drawing(vae_bundle, tmp_path / "out", 5, seed=1))
    assert read_image(tmp_path / "out" / "0002.png").shape == (8, 8, 1)
    others = {".0002-mine.png", "notes.txt"}
    assert set(names(tmp_path / "out")) == {*others, *(f"{index:04d}.png" for index in range(5))}


def test_a_file_that_is_missing_at_the_end_is_named(vae_bundle, tmp_path):
    drawing = Drawing(vae_bundle, tmp_path / "out", 5)
    with pytest.raises(FileNotFoundError, match="0000.png must have been written"):
        drawn(drawing, iter(()))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "`n` must be an integer of at least 1. Received: 0"),
        ({"n": 2**63}, f"`n` must be an integer of at most {2**63 - 1}"),
        ({"batch_size": 0}, "`batch_size` must be an integer of at least 1"),
        ({"shard_size": 0}, "`shard_size` must be an integer of at least 1"),
        ({"format": "jpg"}, "`format` must be one of png, npy"),
        ({"seed": 2**64}, "seed"),
        ({"truncation": 0.5}, "`truncation` must be left out"),
        ({"label": 1}, "must have a network that takes a class"),
    ],
)
def test_mistakes_are_named_before_anything_is_written(vae_bundle, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        done_here(Drawing(**{"bundle": vae_bundle, "target": tmp_path / "out", "n": 5, **options}))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("form", "size"), [("png", "6.7e+10"), ("npy", "6.4e+10")])
def test_more_pictures_than_the_disk_holds_are_named_before_anything_is_written(vae_bundle, tmp_path, form, size):
    with pytest.raises(InputError, match=re.escape(f"Received: {10**18}, which take {size} GB or more.")):
        here(Drawing(vae_bundle, tmp_path / "deeper" / "out", 10**18, format=form))
    assert not (tmp_path / "deeper").exists()
