from __future__ import annotations

import numpy as np
import pytest

import serving
from serving.runtime.read_ahead import ReadAhead


@pytest.mark.parametrize("batch", [1, 3, 4, 7, 20])
@pytest.mark.parametrize("block", [1, 4, 100])
def test_every_row_comes_in_its_place_and_is_drawn_once(batch, block):
    drawn = []

    def draw(count, start):
        drawn.extend(range(start, start + count))
        return np.arange(start, start + count)

    rows = ReadAhead(draw, 20, block)
    received = [rows.rows(start, min(batch, 20 - start)) for start in range(0, 20, batch)]
    np.testing.assert_array_equal(np.concatenate(received), np.arange(20))
    if block % batch == 0 or batch >= block:
        assert drawn == list(range(20))


def test_no_more_is_drawn_than_there_is():
    counts = []
    rows = ReadAhead(lambda count, start: counts.append(count) or np.zeros(count), 10, 8)
    assert [len(rows.rows(start, 2)) for start in range(0, 10, 2)] == [2] * 5
    assert counts == [8, 2]


def test_a_sampler_s_pictures_are_those_of_their_index(vae_bundle, monkeypatch):
    sampler = serving.load(vae_bundle)
    expected = sampler.decode(sampler.latents(30, seed=4))
    monkeypatch.setattr("serving.sampler.NUMBERS_AHEAD", 14)  # seven latents of two numbers
    received = sampler.sample(30, seed=4, batch_size=4)
    assert np.abs(received.astype(int) - expected).max() <= 1
