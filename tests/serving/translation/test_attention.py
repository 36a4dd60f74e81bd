"""Masks that a bundle gives beside its translations, in a bundle written by hand."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from keras_gen.cli.main import main
from serving import InputError, Translator
from serving.bundle.manifest import Image
from serving.common.images import read_image, write_png
from serving.translation.files import translate_file, translate_folder
from tests.translators import FREE, graph_of, noise, pictures, write_bundle


def inverting_the_bright():
    """255 - image, and as mask the first channel."""
    nodes = [
        helper.make_node("Sub", ["most", "image"], ["translation"]),
        helper.make_node("Slice", ["image", "from", "to", "axis"], ["red"]),
        helper.make_node("Cast", ["red"], ["bright"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["bright", "white"], ["mask"]),
    ]
    constants = [
        ("most", np.array(255, np.uint8)),
        ("white", np.array(255, np.float32)),
        *((name, np.array([place], np.int64)) for name, place in (("from", 0), ("to", 1), ("axis", 3))),
    ]
    outputs = {"translation": pictures(FREE[1:], 3), "mask": (TensorProto.FLOAT, [*FREE, 1])}
    return graph_of(nodes, {"image": pictures(FREE[1:], 3)}, outputs, constants)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    image = Image(16, 16, 3, any_size=True, multiple=4)
    return write_bundle(tmp_path_factory.mktemp("attending") / "bundle", {"a_to_b": inverting_the_bright()}, image)


@pytest.mark.parametrize("size", [(16, 16), (21, 30), (100, 71)])
def test_pictures_and_masks_come_together(bundle, size):
    """Of a size that the network takes, padded, and in tiles."""
    picture = noise(*size)
    made, masks = Translator(bundle, "cpu", tile=32).attended(np.stack([picture, 255 - picture]))
    np.testing.assert_array_equal(made, np.stack([255 - picture, picture]))
    np.testing.assert_array_equal(masks, np.stack([picture[..., 0], 255 - picture[..., 0]]))


def test_files_and_folders_have_theirs(bundle, tmp_path, capsys):
    for name, size in (("a.png", (20, 30)), ("deeper/b.png", (12, 10)), ("deeper/c.png", (12, 10))):
        write_png(tmp_path / "in" / name, noise(*size))
    words = ["translate", bundle, tmp_path / "in", "--out", tmp_path / "out", "--attention", tmp_path / "masks"]
    assert main([str(word) for word in words]) == 0
    for name, size in (("a.png", (20, 30)), ("deeper/c.png", (12, 10))):
        np.testing.assert_array_equal(read_image(tmp_path / "out" / name), 255 - noise(*size))
        np.testing.assert_array_equal(read_image(tmp_path / "masks" / name, channels=1)[..., 0], noise(*size)[..., 0])
    words = ["translate", bundle, tmp_path / "in" / "a.png", "--out", tmp_path / "a.png"]
    assert main([str(word) for word in (*words, "--attention", tmp_path / "mask.png")]) == 0
    np.testing.assert_array_equal(read_image(tmp_path / "mask.png", channels=1)[..., 0], noise(20, 30)[..., 0])
    assert main([str(word) for word in (*words, "--attention", tmp_path / "mask.txt")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_every_page_has_a_mask(bundle, tmp_path):
    pages = [noise(9, 12), noise(14, 8)]
    from PIL import Image as PillowImage

    first, other = (PillowImage.fromarray(page) for page in pages)
    first.save(tmp_path / "in.tif", save_all=True, append_images=[other])
    translate_file(Translator(bundle, "cpu"), tmp_path / "in.tif", tmp_path / "out.tif", attention=tmp_path / "m.tif")
    with PillowImage.open(tmp_path / "m.tif") as opened:
        for index, page in enumerate(pages):
            opened.seek(index)
            np.testing.assert_array_equal(np.asarray(opened.convert("L")), page[..., 0])


def test_mistakes_are_named(bundle, bundles, tmp_path, capsys):
    write_png(tmp_path / "in" / "a.png", noise(8, 8))
    plain = Translator(bundles["inverting"], "cpu")
    with pytest.raises(InputError, match="must be of a model with attention, for its masks"):
        plain.attended(noise(8, 8)[None])
    with pytest.raises(InputError, match="must be of a model with attention, for its masks"):
        translate_folder(plain, tmp_path / "in", tmp_path / "out", attention=tmp_path / "masks")
    with pytest.raises(InputError, match="--attention must be a folder outside of"):
        translate_folder(Translator(bundle, "cpu"), tmp_path / "in", tmp_path / "out", attention=tmp_path / "in" / "m")
    (tmp_path / "clip.mp4").touch()
    words = ["translate", str(bundle), str(tmp_path / "clip.mp4"), "--out", "made.mp4", "--attention", "masks"]
    assert main(words) == 2
    assert "--attention must be left out for a video, a camera, raw frames and --ray." in capsys.readouterr().err
