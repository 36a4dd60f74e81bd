"""Label maps are resized to the nearest pixel, pictures are blended."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from keras_gen.data import import_data, open_domains, open_source
from keras_gen.data.own import register
from keras_gen.data.preparing import prepare
from serving import InputError

COLOURS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)


def label_map(seed, side=24):
    blocks = np.random.default_rng(seed).integers(0, 3, (side // 4, side // 4))
    return COLOURS[np.kron(blocks, np.ones((4, 4), int))]


def photograph(seed, side=24):
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)


def colours(images):
    return len(np.unique(images.reshape(-1, images.shape[-1]), axis=0))


def write(folder, pictures):
    folder.mkdir(parents=True)
    for index, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{index}.png")
    return folder


@pytest.fixture
def maps(tmp_path):
    return write(tmp_path / "maps", map(label_map, range(5)))


@pytest.fixture
def photographs(tmp_path):
    return write(tmp_path / "photographs", map(photograph, range(5)))


@pytest.fixture
def both(tmp_path):
    """Maps at the left and photographs at the right of one file."""
    return write(tmp_path / "both", [np.hstack([label_map(seed), photograph(seed)]) for seed in range(5)])


def test_a_map_keeps_its_colours_and_it_is_said(maps, caplog):
    source = open_source(f"folder:{maps}", image_size=15)
    assert colours(source.examples.images) == 3
    assert source.interpolation.choice == "nearest"
    (said,) = caplog.messages
    assert f"folder:{maps} has pictures of 3 colours, which are resized to the nearest pixel" in said


def test_a_photograph_is_blended_and_nothing_is_said(photographs, caplog):
    source = open_source(f"folder:{photographs}", image_size=15)
    assert source.interpolation.choice == "bicubic"
    with Image.open(photographs / "0.png") as image:
        np.testing.assert_array_equal(source.examples.images[0], image.resize((15, 15), Image.Resampling.BICUBIC))
    assert not caplog.messages


def test_either_can_be_asked_for(maps, photographs, caplog):
    assert colours(open_source(f"folder:{maps}", 15, interpolation="bicubic").examples.images) > 30
    nearest = open_source(f"folder:{photographs}", 12, interpolation="nearest").examples.images[0]
    with Image.open(photographs / "0.png") as image:
        np.testing.assert_array_equal(nearest, image.resize((12, 12), Image.Resampling.NEAREST))
    assert not caplog.messages
    with pytest.raises(InputError, match="`interpolation` must be"):
        open_source(f"folder:{maps}", 15, interpolation="cubic")


def test_of_maps_in_their_own_size_nothing_is_said(maps, caplog):
    for size in (None, 24):
        assert open_source(f"folder:{maps}", size).interpolation.choice is None
    assert not caplog.messages


@pytest.mark.parametrize("kind", ["unpaired", "pairs", "halves", "array", "dataset"])
def test_each_domain_by_itself(maps, photographs, both, kind, caplog):
    a, b = (np.stack([of(seed) for seed in range(5)]) for of in (label_map, photograph))
    if kind in ("array", "dataset"):
        pairs = np.stack([a, b], axis=1)
        own = pairs if kind == "array" else tf.data.Dataset.from_tensor_slices((a, b))
        register(name := f"maps_{kind}:f", lambda split: own)
    else:
        name = f"pairs:{both}" if kind == "halves" else f"{kind}:{maps},{photographs}"
    import_data(name) if kind not in ("array", "dataset") else None
    for reverse in (False, True):
        domains = open_domains(name, 15, reverse=reverse)
        of_maps, of_photographs = (domains.b, domains.a) if reverse else (domains.a, domains.b)
        assert colours(of_maps.examples.images) == 3
        assert colours(of_photographs.examples.images) > 100
        asked = open_domains(name, 15, reverse=reverse, interpolation_a="nearest", interpolation_b="bicubic")
        assert (colours(asked.b.examples.images) > 30, asked.a.interpolation.choice) == (True, "nearest")
    assert "pictures of 3 colours" in caplog.text


@pytest.mark.parametrize("kind", ["npz", "function", "dataset"])
def test_arrays_and_data_sets(tmp_path, kind):
    pictures = np.stack([label_map(seed) for seed in range(5)])
    np.savez(tmp_path / "x.npz", x=pictures)
    own = tf.data.Dataset.from_tensor_slices(pictures) if kind == "dataset" else pictures
    register(name := f"maps_of_{kind}:f", lambda split: own)
    source = open_source(f"npz:{tmp_path / 'x.npz'}" if kind == "npz" else name, 15)
    assert colours(source.examples.images) == 3


def test_digits_are_no_maps():
    assert open_source("digits", 16).interpolation.choice == "bicubic"


def test_prepared_pictures_too(maps, photographs, tmp_path, caplog):
    name = f"unpaired:{maps},{photographs}"
    (tmp_path / "out").mkdir()
    prepare(tmp_path / "out", name, image_size=15)
    domains = open_domains(f"prepared:{tmp_path / 'out'}")
    assert (colours(domains.a.examples.images), colours(domains.b.examples.images) > 100) == (3, True)
    assert f"{name} (A) has pictures of 3 colours" in caplog.text
