"""A user's picture files as a bundle takes them."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from serving.bundle import schema
from serving.bundle.inputs import read_pictures
from serving.bundle.manifest import Image
from serving.common.images import write_png
from serving.common.interpolation import Choice

COLOURS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)


@pytest.fixture
def maps(tmp_path):
    """Label maps of three colours."""
    for index in range(2):
        labels = np.random.default_rng(index).integers(0, 3, (6, 6))
        write_png(tmp_path / f"{index}.png", COLOURS[np.kron(labels, np.ones((4, 4), int))])
    return tmp_path


@pytest.mark.parametrize(("trained", "own_colours"), [("nearest", True), (None, True), ("bicubic", False)])
def test_label_maps_are_resized_as_in_training_or_as_their_colours_say(maps, caplog, trained, own_colours):
    pictures = read_pictures([maps], Image(15, 15, 3, interpolation=trained), resize=True)
    found = {tuple(colour) for colour in pictures.reshape(-1, 3).tolist()}
    assert (found <= {tuple(colour) for colour in COLOURS.tolist()}) == own_colours
    said = f"{maps} has pictures of 3 colours, which are resized to the nearest pixel."
    assert caplog.messages == [said] * (trained is None)


def test_the_ways_are_those_of_the_schema():
    assert get_args(Choice) == schema.INTERPOLATIONS
