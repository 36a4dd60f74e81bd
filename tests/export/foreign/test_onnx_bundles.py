"""ONNX files of PyTorch as bundles. What pictures must be is computed here from the files, by hand."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto

import export
import serving
from export import Wish
from export.triton import write_repository
from keras_gen.cli import main
from serving.common.errors import InputError
from serving.common.images import write_png
from serving.common.noise import standard_normal
from tests.export.foreign.onnx_graphs import (
    for_one,
    generator,
    model,
    modulated,
    numbers,
    operators,
    run,
    translator,
)
from tests.export.foreign.test_keras import levels, near


def pictures(n, height=16, width=16):
    return np.random.default_rng(0).integers(0, 256, (n, height, width, 3), np.uint8)


def translated(source, images, dtype=np.float32):
    """What a file makes of pictures, one at a time."""
    given = (images / 127.5 - 1).transpose(0, 3, 1, 2).astype(dtype)
    made = np.concatenate([run(source, input=each[None]) for each in given])
    return levels(made.transpose(0, 2, 3, 1))


def saved(source, folder):
    onnx.save(source, folder / "style.onnx")
    assert (folder / "style.onnx").stat().st_size < 200_000
    return folder / "style.onnx"


@pytest.mark.parametrize("opset", [9, 11, 18])
def test_a_translator_with_free_axes(opset, tmp_path):
    source = translator(opset)
    bundle = export.bundle_networks(tmp_path / "bundle", translator=saved(source, tmp_path), to="zebra")
    opened = serving.load(bundle)
    for height, width in ((16, 16), (12, 20)):
        images = pictures(3, height, width)
        assert near(opened.translate(images, "zebra"), translated(source, images))
    network = onnx.load(bundle / "a_to_b.onnx", load_external_data=False)
    assert "Reshape" not in operators(network)
    manifest = serving.Manifest.read(bundle)
    origin = manifest.origin["a_to_b"]
    assert (origin.kind, origin.producer, origin.opset) == ("onnx", "pytorch 2.13.0", opset)
    assert (manifest.image.any_size, manifest.image.multiple) == (True, 2)


def test_a_translator_of_one_picture_of_one_size_takes_several(tmp_path):
    source = translator(11, batch=1, sides=(16, 16))
    bundle = export.bundle_networks(tmp_path / "bundle", translator=saved(source, tmp_path), to="zebra")
    images = pictures(3)
    assert near(serving.load(bundle).translate(images, "zebra"), translated(source, images))
    assert serving.Manifest.read(bundle).networks["a_to_b"].inputs["image"].axes == ("n", 16, 16, 3)


def test_a_translator_in_float16_is_compared_in_float32(tmp_path):
    """The file itself, rounded after every node, is somewhat further away."""
    source = translator(18, element=TensorProto.FLOAT16)
    bundle = export.bundle_networks(tmp_path / "bundle", translator=saved(source, tmp_path), to="zebra")
    images = pictures(2)
    made = serving.load(bundle).translate(images, "zebra")
    widened = translator(18)
    for tensor, rounded in zip(widened.graph.initializer, source.graph.initializer, strict=True):
        value = onnx.numpy_helper.to_array(rounded).astype(np.float32)
        tensor.CopyFrom(onnx.numpy_helper.from_array(value, tensor.name))
    assert near(made, translated(widened, images))
    assert np.abs(made.astype(int) - translated(source, images, np.float16)).max() <= 3


def test_a_generator_draws_from_seeds(tmp_path):
    source = generator(13, batch=1)
    bundle = export.bundle_networks(tmp_path / "bundle", decoder=saved(source, tmp_path))
    latents = standard_normal(7, 5, 12)
    made = np.concatenate([run(source, z=each.reshape(1, 12, 1, 1)) for each in latents])
    assert near(serving.load(bundle).sample(5, seed=7), levels(made.transpose(0, 2, 3, 1)))


@pytest.mark.parametrize("wish", [None, Wish("fp16")])
def test_a_generator_of_one_latent_is_run_for_one_after_the_other(wish, tmp_path):
    source = modulated()
    bundle = export.bundle_networks(tmp_path / "bundle", decoder=saved(source, tmp_path), quantize=wish)
    manifest = serving.Manifest.read(bundle)
    assert (manifest.requires, manifest.networks["decoder"].batch) == (["fixed_batch"], 1)
    assert set(manifest.networks) == {"decoder", "noise"}
    made = np.concatenate([run(source, z=each[None]) for each in standard_normal(7, 5, 8)])
    drawn = serving.load(bundle).sample(5, seed=7)
    assert np.abs(drawn - levels(made.transpose(0, 2, 3, 1)).astype(float)).max() <= (2 if wish else 1)
    np.testing.assert_array_equal(serving.load(bundle).sample(5, seed=7, batch_size=2), drawn)
    write_repository(bundle, tmp_path / "models")
    assert {place.name for place in (tmp_path / "models").iterdir() if place.is_dir()} == {"decoder", "noise"}
    assert "dims: [ 1, 8 ]" in (tmp_path / "models" / "decoder" / "config.pbtxt").read_text()


def test_a_translator_of_one_picture_is_run_for_one_after_the_other(tmp_path):
    source = for_one(translator())
    bundle = export.bundle_networks(tmp_path / "bundle", translator=saved(source, tmp_path), to="zebra")
    assert serving.Manifest.read(bundle).networks["a_to_b_tile"].batch == 1
    images = pictures(3, 16, 24)
    assert near(serving.load(bundle).translate(images, "zebra"), translated(source, images))
    in_tiles = serving.load(bundle)
    free = export.bundle_networks(tmp_path / "free", translator=translator(), to="zebra")
    large = pictures(1, 800, 784)
    assert near(in_tiles.translate(large, "zebra"), serving.load(free).translate(large, "zebra"))


@pytest.mark.parametrize("source", [translator(), for_one(translator())], ids=["of any number", "of one"])
def test_a_translator_is_quantized_by_pictures_of_one_domain(source, tmp_path):
    for index, picture in enumerate(pictures(8)):
        write_png(tmp_path / "pictures" / f"{index}.png", picture)
    wish = Wish("fp16", 40.0, f"folder:{tmp_path / 'pictures'}")
    bundle = export.bundle_networks(tmp_path / "bundle", translator=source, to="zebra", quantize=wish)
    manifest, images = serving.Manifest.read(bundle), pictures(3)
    made = serving.load(bundle).translate(images, "zebra").astype(float)
    assert 255**2 / np.mean((made - translated(source, images)) ** 2) >= 10**4, "40 dB"
    assert set(manifest.quantization) == set(manifest.networks) == {"a_to_b", "a_to_b_tile"}


def test_a_generator_of_several_latents_that_cannot_be_told_apart_is_refused(tmp_path):
    """Every one makes the picture of its neighbour."""
    source = generator(batch=4)
    source.graph.initializer.append(onnx.numpy_helper.from_array(np.array([1, 0, 3, 2]), "neighbours"))
    source.graph.node.insert(0, onnx.helper.make_node("Gather", ["z", "neighbours"], ["exchanged"]))
    source.graph.node[1].input[0] = "exchanged"
    with pytest.raises(InputError, match="must take one example at a time or any number.* fixes 4"):
        export.bundle_networks(tmp_path / "bundle", decoder=source)


@pytest.mark.parametrize("of", ["a branch", "nothing that is whole"])
def test_what_is_refused_is_one_line_and_nothing_is_written(of, tmp_path, capsys):
    place = tmp_path / "style.onnx"
    if of == "a branch":
        graph = onnx.helper.make_graph(
            [onnx.helper.make_node("Identity", ["input"], ["z"])],
            "g",
            [],
            [onnx.helper.make_tensor_value_info("z", 1, None)],
        )
        node = onnx.helper.make_node("If", ["yes"], ["output"], then_branch=graph, else_branch=graph)
        axes = ["n", 3, "h", "w"]
        onnx.save(model([node], {"input": axes}, {"output": axes}, yes=np.array(True)), place)
    else:
        place.write_bytes(numbers(100).tobytes())
    assert main(["bundle", "--translator", str(place), "--to", "zebra", "--out", str(tmp_path / "bundle")]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "style.onnx must" in said
    assert not (tmp_path / "bundle").exists()
