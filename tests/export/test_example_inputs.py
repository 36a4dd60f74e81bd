"""Pictures that a bundle brings to try its translator with."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from export.example_inputs import colours_of, example_sources, write_examples
from export.examples import Examples
from export.subject import Subject
from keras_gen.data import open_domains, open_source
from serving import InputError
from serving.bundle.manifest import Image as Sizes
from serving.bundle.manifest import Manifest
from serving.bundle.verified import stored_files

DATA = "textured:digits"
TRANSLATOR = Subject("cyclegan", (32, 32, 3), frozenset({"a_to_b", "a_to_b_tile", "b_to_a"}), translates=True)
SCAN = (32, 32)


def tiles(path, count, side):
    atlas = np.asarray(Image.open(path).convert("RGB"))
    cells = atlas.reshape(-1, side, atlas.shape[1] // side, side, 3).swapaxes(1, 2).reshape(-1, side, side, 3)
    return cells[:count]


def test_they_are_pictures_of_the_domains_that_are_translated_from(tmp_path):
    written = write_examples(tmp_path, example_sources(TRANSLATOR, DATA))
    domains = open_domains(DATA, SCAN, 3)
    for domain, source in (("a", domains.a), ("b", domains.b)):
        shown = written[domain]
        assert (shown.count, shown.columns, shown.tile, shown.source) == (8, 4, SCAN, source.name)
        known = {picture.tobytes() for picture in source.examples.images}
        assert all(tile.tobytes() in known for tile in tiles(tmp_path / shown.file, 8, 32))
    there = replace(TRANSLATOR, makers=frozenset({"a_to_b"}))
    assert list(example_sources(there, DATA)) == ["a"]


def test_a_translator_that_is_told_a_class_brings_pictures_of_all(tmp_path):
    styled = Subject("star_gan", (32, 32, 3), frozenset({"to_class"}), classes=("plain", "textured"))
    written = write_examples(tmp_path, example_sources(styled, "styles:digits"))
    assert [*written] == ["a"]
    known = {picture.tobytes() for picture in open_source("styles:digits", SCAN, 3).examples.images}
    assert all(tile.tobytes() in known for tile in tiles(tmp_path / written["a"].file, 8, 32))


def test_a_translator_of_reversed_data_starts_in_its_second_domain():
    """Also what its networks are measured on."""
    backwards = replace(TRANSLATOR, makers=frozenset({"a_to_b"}), reverse=True)
    (source,) = example_sources(backwards, DATA).values()
    second = open_domains(DATA, SCAN, 3).b.examples.images
    np.testing.assert_array_equal(source.examples.images, second)
    (first, *_) = Examples(backwards, DATA, {})._pictures("a_to_b", {"image": type("Tensor", (), {"dtype": "uint8"})})
    assert first["image"][0].tobytes() in {picture.tobytes() for picture in second}


def test_the_colours_of_label_maps_are_listed_by_how_many_pixels_have_them():
    maps = np.zeros((2, 4, 4, 3), np.uint8)
    maps[0, :2] = (255, 0, 0)
    maps[1, 0, 0] = (0, 16, 255)
    assert colours_of(maps) == ("#000000", "#ff0000", "#0010ff")
    assert colours_of(np.full((1, 2, 2, 1), 200, np.uint8)) == ("#c8c8c8",)
    many = np.arange(25, dtype=np.uint8).reshape(1, 5, 5, 1)
    assert colours_of(many) == ()
    assert len(colours_of(many[:, :, :4])) == 20


def test_the_manifest_names_them_and_refuses_more_than_a_page_shows(tmp_path):
    written = write_examples(tmp_path, example_sources(TRANSLATOR, DATA))
    manifest = Manifest("cyclegan", {}, Sizes(32, 32, 3), examples=written)
    (tmp_path / "manifest.json").write_text(manifest.to_json())
    read = Manifest.read(tmp_path)
    assert read.examples == written
    assert {stored.file for stored in stored_files(read)} == {"examples_a.png", "examples_b.png"}
    data = json.loads(manifest.to_json())
    data["examples"]["a"]["count"] = 17
    (tmp_path / "manifest.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match=r"examples\.a\.count must be an integer of at most 16. Received: 17"):
        Manifest.read(tmp_path)


def test_a_model_that_does_not_translate_brings_none():
    sampler = Subject("gan", (8, 8, 1), frozenset({"decoder"}), latent_dim=2)
    with pytest.raises(InputError, match="--examples must be left out for a model that does not translate. Received: "):
        example_sources(sampler, "digits")
