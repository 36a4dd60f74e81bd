"""Frames whose translations are known: 255 - frame, or a frame moved to a mean of 128."""

from __future__ import annotations

import numpy as np
import pytest

from serving import InputError, Translator
from serving.translation.flow import flow_between, sampled
from serving.translation.motion import moved, reduced, shift_between
from serving.translation.steady import KEPT, OWN, Steady, agreement, is_cut
from serving.translation.video import translate_video
from tests.serving.translation.test_video import read_video, write_video


def photograph(height=64, width=80, seed=0):
    """Smooth, with detail of several sizes, as photographs are."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for cell in (4, 8, 16):
        rough = rng.uniform(0, 255, (height // cell + 2, width // cell + 2, 3))
        total += np.kron(rough, np.ones((cell, cell, 1)))[:height, :width] / 3
    return total.astype(np.uint8)


def grey(picture):
    return picture.mean(axis=2, dtype=np.float32)


@pytest.mark.parametrize("shift", [(0, 0), (3, -5), (-7, 0), (0, 11)])
def test_motion_by_whole_pixels_is_found_and_undone_exactly(shift):
    large = photograph(100, 120)
    before, after = large[16:80, 16:96], large[16 - shift[0] : 80 - shift[0], 16 - shift[1] : 96 - shift[1]]
    assert shift_between(grey(before), grey(after)) == shift
    made, inside = moved(before.astype(np.float32), shift)
    np.testing.assert_array_equal(made[inside], after[inside])
    assert inside.sum() == (64 - abs(shift[0])) * (80 - abs(shift[1]))


def test_motion_by_parts_of_pixels():
    """Pictures of four times the size, moved by whole pixels and reduced."""
    large = grey(photograph(320, 400))
    before, after = (reduced(large[top : top + 256, left : left + 320], 4) for top, left in ((32, 40), (26, 51)))
    np.testing.assert_allclose(shift_between(before, after), (1.5, -2.75), atol=0.2)
    made, inside = moved(before, (1.5, -2.75))
    still = np.abs(before - after).mean()
    assert np.abs(made - after)[inside].mean() < 0.25 * still
    flow = flow_between(before, after, (1.0, -3.0))
    assert np.abs(flow[8:-8, 8:-8] - (1.5, -2.75)).mean() < 0.3
    assert np.abs(sampled(before, flow) - after)[8:-8, 8:-8].mean() < 0.4 * still


def test_what_moves_by_itself_is_followed():
    background, thing = photograph(seed=1), photograph(24, 24, seed=2)
    before, after = background.copy(), background.copy()
    before[20:44, 20:44], after[20:44, 22:46] = thing, thing
    flow = flow_between(grey(before), grey(after), (0.0, 0.0))
    assert np.abs(flow[26:38, 28:40] - (0, 2)).mean() < 0.5
    assert np.abs(flow[:12]).mean() < 0.2


def test_cuts_are_told_from_noise_light_and_motion():
    one, other = grey(photograph(seed=1)), grey(photograph(seed=2))
    noisy = one + np.random.default_rng(0).normal(0, 20, one.shape)
    assert is_cut(one, other)
    assert is_cut(np.full_like(one, 10), np.full_like(one, 200))
    for same in (one, noisy, one + 60, np.roll(one, 1, axis=0)):
        assert not is_cut(one, same)


def test_noise_is_no_change_and_a_thing_is():
    one = grey(photograph())
    whole = np.ones(one.shape, bool)
    noisy = one + np.random.default_rng(0).normal(0, 6, one.shape).astype(np.float32)
    assert agreement(one, noisy, whole).mean() > 0.85
    changed = one.copy()
    changed[20:40, 20:40] += 80
    seen = agreement(one, changed, whole)
    assert seen[22:38, 22:38].max() < 1e-3
    np.testing.assert_allclose(seen[:12], 1, atol=1e-5)


def test_the_blend_of_a_still_scene_is_an_exponential_mean(translator):
    """255 - frame, of frames of noise around a picture."""
    rng = np.random.default_rng(3)
    clean = 64 + photograph() // 2
    frames = np.clip(clean + rng.normal(0, 4, (12, *clean.shape)), 0, 255).astype(np.uint8)
    made = Steady(translator).translate(frames).astype(float)
    alone = translator.translate(frames).astype(float)
    np.testing.assert_array_equal(made[0], alone[0])
    by_frame, steady = (np.sqrt((np.diff(each[4:], axis=0) ** 2).mean()) for each in (alone, made))
    assert steady < 0.5 * by_frame
    # Of noise that is another in every frame, the mean keeps (1 - KEPT) / sqrt(1 + KEPT) of the change.
    assert steady / by_frame == pytest.approx((1 - KEPT) / np.sqrt(1 + KEPT), abs=0.12)
    assert np.abs(made[-1] - (255 - clean)).mean() < np.abs(alone[-1] - (255 - clean)).mean()


def test_a_pan_stays_what_it_is(translator):
    """A network that only inverts has no flicker to take away, and nothing may be lost."""
    large = photograph(96, 120)
    frames = np.stack([large[step : step + 64, 2 * step : 2 * step + 80] for step in range(8)])
    made = Steady(translator).translate(frames)
    np.testing.assert_allclose(made.astype(int), 255 - frames.astype(int), atol=1)


def test_statistics_are_carried_and_begin_anew_in_a_scene(bundles):
    """`centring` subtracts a mean: that of the frame, or the exponential one."""
    translator = Translator(bundles["centring"], provider="cpu", tile=128)
    scene, other = 60 + photograph(seed=1) // 4, 60 + photograph(seed=2) // 2
    brighter = scene + np.uint8(40)
    steady = Steady(translator)
    first, second, third = steady.translate(np.stack([scene, brighter, other])).astype(int)
    assert steady.scenes in (2, 3)
    alone = scene.mean((0, 1))
    np.testing.assert_allclose(first, np.clip(np.rint(scene - alone + 128), 0, 255), atol=1)
    # Nothing agrees, so nothing is blended in: the mean is of nine parts of what was.
    np.testing.assert_allclose(second.mean((0, 1)), 128 + 40 * (1 - OWN), atol=1.5)
    np.testing.assert_allclose(third, np.clip(np.rint(other - other.mean((0, 1)) + 128), 0, 255), atol=1)


def test_statistics_of_tiles_are_carried_too(bundles):
    small = Translator(bundles["centring"], provider="cpu", tile=32)
    whole = Translator(bundles["centring"], provider="cpu", tile=128)
    frames = np.stack([photograph() // 2, photograph() // 2 + np.uint8(20)])
    made, expected = (Steady(each).translate(frames).astype(int) for each in (small, whole))
    assert np.abs(made - expected).max() <= 2


def test_frames_of_other_channels_and_odd_sizes(bundles):
    translator = Translator(bundles["grey"], provider="cpu")
    frames = np.stack([photograph(31, 45)[..., :1]] * 3)
    np.testing.assert_array_equal(Steady(translator).translate(frames), 255 - frames)
    tiny = np.full((3, 2, 2, 1), 7, np.uint8)
    np.testing.assert_array_equal(Steady(translator).translate(tiny), 255 - tiny)


def test_no_ghost_at_a_cut_and_all_scenes_are_counted(translator):
    frames = np.stack([photograph(seed=scene) for scene in (1, 1, 1, 2, 2, 3)])
    steady = Steady(translator)
    np.testing.assert_array_equal(steady.translate(frames), 255 - frames)
    assert (steady.frames, steady.scenes) == (6, 3)


def test_a_video_of_one_scene_and_one_of_scenes_only(translator, tmp_path):
    said = []
    source = write_video(tmp_path / "in.mp4")
    assert translate_video(translator, source, tmp_path / "out.mp4", say=said.append, steady=True) == 30
    given, made = (read_video(tmp_path / name)[0].astype(float) for name in ("in.mp4", "out.mp4"))
    assert np.abs(made.mean((1, 2, 3)) - (255 - given.mean((1, 2, 3)))).max() < 8
    assert said == []


def test_the_domain_is_checked_first(bundles):
    with pytest.raises(InputError, match="translates to b. Received: 'c'"):
        Steady(Translator(bundles["inverting"], provider="cpu"), "c")
