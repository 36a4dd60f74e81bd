from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from serving import InputError, Translator
from serving.common.images import read_image, write_png
from serving.translation.files import translate_file, translate_folder
from serving.translation.masks import Masks, masked
from serving.translation.video import translate_video
from tests.serving.translation.test_video import read_video, write_video
from tests.translators import noise


def half(height, width):
    """The left half."""
    mask = np.zeros((height, width), np.uint8)
    mask[:, : width // 2] = 255
    return mask


@pytest.mark.parametrize("kind", [np.uint8, bool])
def test_what_is_outside_stays(translator, kind):
    picture = noise(20, 30)
    made = translator.translate(picture[None], mask=half(20, 30).astype(kind))[0]
    np.testing.assert_array_equal(made[:, :15], 255 - picture[:, :15])
    np.testing.assert_array_equal(made[:, 15:], picture[:, 15:])


def test_grey_mixes_and_every_picture_may_have_its_own(translator):
    pictures = np.stack([noise(8, 8, seed=seed) for seed in range(2)])
    masks = np.stack([np.full((8, 8), level, np.uint8) for level in (51, 255)])
    made = translator.translate(pictures, mask=masks)
    np.testing.assert_array_equal(made[1], 255 - pictures[1])
    expected = 0.8 * pictures[0] + 0.2 * (255.0 - pictures[0])
    np.testing.assert_allclose(made[0], expected, atol=0.51)


def test_pictures_and_folders_have_theirs(translator, tmp_path):
    for name, size in (("a.png", (20, 30)), ("deeper/b.png", (12, 10)), ("c.png", (9, 9)), ("d.png", (9, 9))):
        write_png(tmp_path / "in" / name, noise(*size))
    write_png(tmp_path / "masks" / "a.png", half(20, 30)[..., None])
    write_png(tmp_path / "masks" / "deeper" / "b.png", half(12, 10)[..., None])
    write_png(tmp_path / "masks" / "c.png", half(4, 5)[..., None])
    report = translate_folder(translator, tmp_path / "in", tmp_path / "out", masks=Masks(tmp_path / "masks"))
    assert report.translated == 2
    assert [path.name for path in sorted(report.failed)] == ["c.png", "d.png"]
    assert "a mask must have the size of its picture, 9x9. Received: 5x4." in report.failed[tmp_path / "in" / "c.png"]
    assert "d.png must have a mask of its name in" in report.failed[tmp_path / "in" / "d.png"]
    made = read_image(tmp_path / "out" / "deeper" / "b.png")
    np.testing.assert_array_equal(made[:, 5:], noise(12, 10)[:, 5:])
    np.testing.assert_array_equal(made[:, :5], 255 - noise(12, 10)[:, :5])
    one = Masks(tmp_path / "masks" / "a.png")
    translate_file(translator, tmp_path / "in" / "a.png", tmp_path / "a.png", masks=one)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png")[:, 15:], noise(20, 30)[:, 15:])


def test_a_soft_edge_is_between_and_nothing_changes_far_from_it(tmp_path):
    write_png(tmp_path / "mask.png", half(20, 40)[..., None])
    soft = Masks(tmp_path / "mask.png", edge=4).of(Path("any.png"))[10].astype(int)
    assert (np.diff(soft) <= 0).all()
    assert (soft[:16] == 255).all()
    assert (soft[24:] == 0).all()
    assert len(set(soft[16:24])) > 5


def test_a_video_has_one_for_all_frames(translator, tmp_path):
    source = write_video(tmp_path / "in.mp4", sound=False)
    translate_video(translator, source, tmp_path / "out.mp4", mask=half(48, 64))
    given, made = (read_video(tmp_path / name)[0].astype(float) for name in ("in.mp4", "out.mp4"))
    assert np.abs(made[:, 8:-8, 40:-4] - given[:, 8:-8, 40:-4]).max() < 8
    assert np.abs(made[:, 8:-8, 4:24] - (255 - given[:, 8:-8, 4:24])).max() < 8


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (half(8, 9), "a mask must have the size of its picture, 8x8. Received: 9x8."),
        (half(8, 8).astype(float), "a mask must be uint8 or bool. Received: float64."),
        (np.stack([half(8, 8)] * 3), r"Received: the shape \(3, 8, 8\)."),
    ],
)
def test_mistakes_are_named(translator, mask, message):
    with pytest.raises(InputError, match=message):
        translator.translate(noise(8, 8)[None], mask=mask)


def test_other_channels_and_places(bundles, tmp_path):
    with pytest.raises(InputError, match="as many channels as the pictures, 3. Received: 1."):
        masked(noise(8, 8)[None], noise(8, 8, 1)[None], half(8, 8))
    made = masked(noise(8, 8, 1)[None], noise(8, 8)[None], half(8, 8))
    np.testing.assert_array_equal(made[0, :, 4:], noise(8, 8, 1)[:, 4:].repeat(3, axis=2))
    assert Translator(bundles["grey"], provider="cpu").translate(noise(8, 8, 1)[None], mask=half(8, 8)).shape[3] == 1
    with pytest.raises(InputError, match="--mask must be a picture or a folder of pictures"):
        Masks(tmp_path / "none.png")
