"""The C++ library and its programs: what they make is what Python makes, and mistakes are one line."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper
from PIL import Image

import export
from serving import Sampler, Translator
from serving.bundle.manifest import FORMAT_VERSION
from serving.bundle.operators import ALLOWED
from serving.common.images import grid, read_image, read_with_opacity, to_uint8, write_picture, write_png
from tests.serving.languages import cpp, recorder, toys
from tests.translators import noise

PAGE = Path(__file__).parents[3] / "docs" / "cpp.md"
REQUIRED = "KERAS_GEN_ALL_LANGUAGES"


@pytest.fixture(scope="module", autouse=True)
def _needed():
    problem = cpp.missing()
    if problem and os.environ.get(REQUIRED) == "1":
        pytest.fail(f"C++ must be tested where {REQUIRED}=1: {problem}")
    if problem:
        pytest.skip(f"C++: {problem}")


@pytest.fixture(scope="module")
def language(tmp_path_factory):
    return cpp.Language(tmp_path_factory.mktemp("cpp"))


@pytest.fixture(scope="module")
def sanitized(tmp_path_factory):
    return cpp.Language(tmp_path_factory.mktemp("cpp_sanitized"), sanitized=True)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return toys.plain(tmp_path_factory.mktemp("toys") / "plain")


def run(program, *words, **environment):
    return subprocess.run(
        [program, *map(str, words)], capture_output=True, text=True, timeout=120, env={**os.environ, **environment}
    )


def refused(program, *words, **environment):
    """The one line of a program that ends with 2."""
    result = run(program, *words, **environment)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.stderr
    return result.stderr.rstrip("\n")


def close(found, expected):
    """At most one grey level apart."""
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1


# ------------------------------------------------------------------------------------------------------- sampling


@pytest.mark.parametrize("seed", [0, 7, -3, 2**40 + 1, -(2**63)])
def test_the_same_seed_is_the_same_picture(language, vae_bundle, seed):
    expected = Sampler(vae_bundle, provider="cpu").sample(11, seed)
    close(language.sample(vae_bundle, 11, seed), expected)


@pytest.mark.parametrize("batch", [1, 4, 11, 1000])
def test_whatever_the_batch(language, vae_bundle, batch):
    found = language.ask("sample", vae_bundle, n=11, seed=9, batch=batch)
    np.testing.assert_array_equal(found, language.sample(vae_bundle, 20, 9)[:11])


def test_latents_are_those_of_the_index(language, vae_bundle):
    expected = Sampler(vae_bundle, provider="cpu").latents(5, seed=3, start=40)
    found = language.ask("latents", vae_bundle, n=5, seed=3, start=40)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    close(language.ask("decode", vae_bundle, found), Sampler(vae_bundle, provider="cpu").decode(found))


def test_classes_come_one_after_the_other(language, toy):
    np.testing.assert_array_equal(language.sample(toy, 7, 2), toys.expected(range(7), 2, [0, 1, 2, 0, 1, 2, 0]))
    found = language.ask("sample", toy, n=7, seed=2, batch=2)
    np.testing.assert_array_equal(found, toys.expected(range(7), 2, [0, 1, 2, 0, 1, 2, 0]))


def test_labels_and_truncation(language, toy):
    np.testing.assert_array_equal(
        language.sample(toy, 4, 5, labels=[2, 0, 0, 1], truncation=2.5),
        toys.expected(range(4), 5, [2, 0, 0, 1], truncation=2.5),
    )


def test_codes_and_classes_of_pictures(language, toy):
    images = toys.expected(range(5), 0, [0, 1, 2, 2, 1])
    np.testing.assert_array_equal(
        language.ask("encode", toy, images, labels=[0, 1, 2, 2, 1], batch=2), [[i, 0] for i in range(5)]
    )
    np.testing.assert_array_equal(language.reconstruct(toy, images, labels=[0, 1, 2, 2, 1]), images)
    column = images[:, :, 0, 0].astype(np.float32)
    np.testing.assert_allclose(language.classify(toy, images), column / column.sum(1, keepdims=True), rtol=1e-6)


def test_reconstructions_are_those_of_python(language, vae_bundle, pictures):
    images = to_uint8(pictures[:9])
    close(language.reconstruct(vae_bundle, images), Sampler(vae_bundle, provider="cpu").reconstruct(images))


def test_weights_beside_a_network(language, tmp_path):
    bundle = toys.beside(tmp_path / "beside")
    np.testing.assert_array_equal(language.sample(bundle, 4, 3), toys.expected(range(4), 3, [0, 1, 2, 0]))


def test_float_pictures_are_given_as_either(language, tmp_path):
    bundle = toys.of_floats(tmp_path / "floats")
    levels = toys.expected(range(4), 1, [0, 1, 2, 0])
    np.testing.assert_array_equal(language.sample(bundle, 4, 1), levels)
    floats = language.ask("sample", bundle, n=4, seed=1, pixel="float")
    np.testing.assert_allclose(floats, levels / 127.5 - 1, atol=1e-6)
    for given, pixel in ((levels, None), (floats, "float")):
        codes = language.ask("encode", bundle, given, labels=[0, 1, 2, 0], pixel=pixel)
        np.testing.assert_allclose(codes, [[10 + i, 0] for i in range(4)], atol=1e-4)


def test_an_exported_bundle_of_floats(language, small_vae, tmp_path):
    bundle = export.export_bundle(small_vae, tmp_path / "floats", io="float")
    expected = Sampler(bundle, provider="cpu").sample(6, 4)
    np.testing.assert_allclose(language.ask("sample", bundle, n=6, seed=4, pixel="float"), expected, atol=1e-6)
    close(language.sample(bundle, 6, 4), to_uint8(expected))


def test_bytes_are_given_as_floats(language, toy):
    found = language.ask("sample", toy, n=3, seed=0, pixel="float")
    levels = toys.expected(range(3), 0, [0, 1, 2]).astype(np.float32)
    np.testing.assert_array_equal(found, levels / np.float32(127.5) - np.float32(1))


# ---------------------------------------------------------------------------------------------------- translating

SIZES = [(16, 16), (17, 23), (2, 2), (2, 50), (32, 32), (33, 90), (200, 70)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["inverting", "fixed", "grey"])
def test_pictures_of_any_size_are_translated(language, bundles, name, size):
    picture = noise(*size, 1 if name == "grey" else 3)
    found = language.ask("translate", bundles[name], picture[None], tile=32)
    np.testing.assert_array_equal(found[0], 255 - picture)


def test_pictures_of_one_size_are_translated_together(language, bundles):
    pictures = np.stack([noise(90, 110, seed=seed) for seed in range(9)])
    np.testing.assert_array_equal(language.ask("translate", bundles["inverting"], pictures), 255 - pictures)


@pytest.mark.parametrize("size", [(96, 128), (33, 90), (130, 41), (200, 200)])
def test_tiles_share_the_statistics_of_the_whole(language, bundles, size):
    picture = noise(*size) // 2 + np.linspace(0, 100, size[1], dtype=np.uint8)[:, None]
    expected = Translator(bundles["centring"], provider="cpu", tile=32).translate(picture[None])
    close(language.ask("translate", bundles["centring"], picture[None], tile=32), expected)


def test_both_directions(language, bundles):
    picture = noise(20, 20)
    for domain in ("a", "b"):
        np.testing.assert_array_equal(language.translate(bundles["both"], picture, to=domain), 255 - picture)


def test_a_translator_of_floats(language, tmp_path):
    nodes = [("Neg", ["image"], ["translation"])]
    free = (TensorProto.FLOAT, ["n", "height", "width", 3])
    image = {"height": 8, "width": 8, "channels": 3, "any_size": True, "multiple": 4}
    graph = toys.model(nodes, {"image": free}, {"translation": free})
    bundle = toys.write(tmp_path / "floats", {"a_to_b": graph}, image=image, latent=None, classes=[])
    picture = noise(30, 50)
    np.testing.assert_array_equal(language.translate(bundle, picture), 255 - picture)
    np.testing.assert_array_equal(language.ask("translate", bundle, picture[None], tile=16)[0], 255 - picture)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (7, 16), (20, 33), (33, 19), (40, 11), (41, 13)])
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_are_reduced_as_pillow_does_it(language, size, channels):
    picture = noise(41, 33, channels)
    shown = Image.fromarray(picture[:, :, 0] if channels == 1 else picture)
    expected = np.asarray(shown.resize(size[::-1], Image.Resampling.BOX)).reshape(*size, channels)
    np.testing.assert_array_equal(language.ask("reduced", "-", picture, size=size), expected)


@pytest.mark.parametrize("size", [(4, 5), (5, 6), (8, 10), (30, 41)])
def test_borders_are_mirrored_as_numpy_does_it(language, size):
    picture = noise(4, 5)
    expected = np.pad(picture, ((0, size[0] - 4), (0, size[1] - 5), (0, 0)), mode="symmetric")
    np.testing.assert_array_equal(language.ask("mirrored", "-", picture, size=size), expected)


# ------------------------------------------------------------------------------------------------------- programs


def test_the_program_draws_the_grid_of_python(sanitized, vae_bundle, tmp_path):
    out = tmp_path / "new" / "out.png"
    result = run(sanitized.program("sample"), vae_bundle, 10, 7, out, "--batch_size", 3, "--threads=1")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"10 pictures of seed 7: {out}\n"
    close(read_image(out), grid(Sampler(vae_bundle, provider="cpu").sample(10, 7)))


@pytest.mark.parametrize(
    ("options", "labels", "truncation", "columns"),
    [([], [0, 1, 2, 0, 1], np.inf, 3), (["--label", "two", "--truncation", "2.5"], [2] * 5, 2.5, None)],
)
def test_the_program_draws_classes(sanitized, toy, tmp_path, options, labels, truncation, columns):
    result = run(sanitized.program("sample"), toy, 5, -4, tmp_path / "out.png", *options, "--provider", "cpu")
    assert (result.returncode, result.stderr) == (0, "")
    expected = grid(toys.expected(range(5), -4, labels, truncation), columns)
    np.testing.assert_array_equal(read_image(tmp_path / "out.png"), expected)


def test_the_program_translates(sanitized, bundles, tmp_path):
    for name, tile in (("picture.png", 768), ("picture.jpg", 16), ("picture.png", 8)):
        write_picture(tmp_path / name, noise(37, 29))
        result = run(sanitized.program("translate"), bundles["both"], tmp_path / name, tmp_path / "out.png",
                     "--to", "a", "--tile", tile, "--threads", 2)  # fmt: skip
        assert (result.returncode, result.stderr) == (0, "")
        close(read_image(tmp_path / "out.png"), 255 - read_image(tmp_path / name))


def test_what_the_library_does_is_clean(sanitized, toy, bundles, tmp_path):
    """Under the sanitizers, which end a process at the first thing that is wrong and at a leak."""
    np.testing.assert_array_equal(sanitized.sample(toy, 3, 1, [2, 1, 0]), toys.expected(range(3), 1, [2, 1, 0]))
    images = toys.expected(range(3), 0, [0, 1, 2])
    np.testing.assert_array_equal(sanitized.reconstruct(toy, images, [0, 1, 2]), images)
    assert sanitized.classify(toy, images).shape == (3, 3)
    beside, floats = toys.beside(tmp_path / "beside"), toys.of_floats(tmp_path / "floats")
    np.testing.assert_array_equal(sanitized.sample(beside, 3, 1), sanitized.sample(floats, 3, 1))
    picture = noise(70, 41)
    assert sanitized.ask("translate", bundles["centring"], picture[None], tile=32).shape == (1, 70, 41, 3)


def test_threads_may_share_a_sampler(sanitized, toy):
    found = sanitized.ask("threads", toy, n=20, seed=3)
    np.testing.assert_array_equal(found, np.tile(toys.expected(range(20), 3, np.arange(20) % 3), (4, 1, 1, 1)))


# -------------------------------------------------------------------------------------------------- picture files


def oriented(way):
    exif = Image.Exif()
    exif[0x0112] = way
    return {"exif": exif}


def stripes(mode):
    """A picture of a mode with some of everything in it."""
    levels = np.add.outer(np.arange(9) * 20, np.arange(14) * 5).astype(np.uint8)
    if mode == "I;16":
        return Image.fromarray(levels.astype(np.uint16) * 250)
    if mode == "1":
        return Image.fromarray((levels > 90) * np.uint8(255)).convert("1")
    colour = Image.fromarray(np.stack([levels, 255 - levels, levels // 2, np.roll(levels, 3)], -1), "RGBA")
    return colour if mode == "RGBA" else colour.convert("RGB").quantize(16) if mode == "P" else colour.convert(mode)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [
        *[(mode, "png", {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")],
        ("P", "png", {"transparency": 3}),
        ("L", "png", {"transparency": 40}),
        ("L", "jpg", {}),
        ("RGB", "jpg", {"subsampling": 0}),
        ("RGB", "jpg", {"progressive": True}),
        *[("RGB", "jpg", {"subsampling": 0, **oriented(way)}) for way in range(1, 9)],
        ("RGB", "png", oriented(6)),
    ],
)
def test_files_are_read_as_python_reads_them(language, tmp_path, mode, kind, options, channels):
    file = tmp_path / f"picture.{kind}"
    stripes(mode).save(file, **options)
    found = language.ask("read", "-", **{"in": file, "channels": channels, "write": tmp_path / "written.png"})
    expected, opacity = read_with_opacity(file, channels)
    # Of JPEG, two decoders may round a colour apart.
    np.testing.assert_allclose(found[0].astype(int), expected, atol=0 if kind == "png" else 2)
    with Image.open(tmp_path / "written.png") as written:
        assert written.has_transparency_data == (opacity is not None)
        if opacity is not None:
            np.testing.assert_array_equal(np.asarray(written.convert("RGBA"))[:, :, 3], opacity)
            np.testing.assert_array_equal(np.asarray(written.convert("RGB"))[:, :, 0], found[0, :, :, 0])


def cut(file, place=-30):
    file.write_bytes(file.read_bytes()[:place])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda file: file.unlink(), "must be a picture. Received: no such file"),
        (lambda file: (file.unlink(), file.mkdir()), "must be a picture. Received: no file"),
        (lambda file: file.write_bytes(b""), "must be a readable picture. Received: neither PNG nor JPEG"),
        (lambda file: file.write_bytes(b"GIF89a"), "must be a readable picture. Received: neither PNG nor JPEG"),
        (cut, "must be a readable picture. Received: the file ends too early"),
        (lambda file: cut(file, 12), "must be a readable picture. Received: the file ends too early"),
        (lambda file: write_picture(file, noise(1, 9)), "sides of at least 2 pixels. Received: 9x1"),
        (lambda file: write_picture(file, noise(50, 60)), "must have at most 2500 pixels. Received: 60x50"),
    ],
)
def test_broken_pictures_are_one_line(sanitized, bundles, tmp_path, damage, message):
    file = tmp_path / "picture.png"
    write_picture(file, noise(20, 20))
    damage(file)
    words = (bundles["inverting"], file, tmp_path / "out.png", "--max_pixels", 2500)
    assert message in refused(sanitized.program("translate"), *words)
    assert not (tmp_path / "out.png").exists()


def test_a_jpeg_that_ends_early_is_one_line(sanitized, bundles, tmp_path):
    write_picture(tmp_path / "picture.jpg", noise(40, 40))
    cut(tmp_path / "picture.jpg", -400)
    words = (bundles["inverting"], tmp_path / "picture.jpg", tmp_path / "out.png")
    assert "must be a readable picture. Received: " in refused(sanitized.program("translate"), *words)


# ------------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["0", "7", "out.png"], "`n` must be at least 1. Received: 0."),
        (["x", "7", "out.png"], "N must be an integer. Received: 'x'."),
        (["4", "7.5", "out.png"], "SEED must be an integer. Received: '7.5'."),
        (["4", "9223372036854775808", "out.png"], "SEED must be an integer. Received: '9223372036854775808'."),
        (["4", "7"], "4 words must be given. Received: 3; --help shows them."),
        (["4", "7", "out.jpg"], "the file to write must end in .png. Received: out.jpg."),
        (["4", "7", "out.png", "--size", "4"], "options must be among --batch_size, --label"),
        (["4", "7", "out.png", "--label"], "--label must have a value. Received: none."),
        (["4", "7", "out.png", "--label", "three"], "--label must be one of zero, one, two. Received: 'three'."),
        (["4", "7", "out.png", "--truncation", "0"], "`truncation` must be above 0. Received: 0.0"),
        (["4", "7", "out.png", "--truncation", "nan"], "`truncation` must be above 0. Received: nan."),
        (["4", "7", "out.png", "--batch_size", "0"], "`batch_size` must be at least 1. Received: 0."),
        (["4", "7", "out.png", "--threads", "0"], "--threads must be at least 1. Received: 0."),
        (["4", "7", "out.png", "--provider", "gpu"], "`provider` must be one of auto, cpu, cuda. Received: 'gpu'."),
    ],
)
def test_mistakes_in_words_are_one_line(sanitized, toy, tmp_path, words, message):
    words = [str(tmp_path / word) if word == "out.png" else word for word in words]
    assert refused(sanitized.program("sample"), toy, *words).startswith(f"sample: {message}")
    assert not (tmp_path / "out.png").exists()


def test_more_pictures_than_memory_are_one_line(language, toy, tmp_path):
    """Without a sanitizer, which ends a process that asks for too much."""
    for n in (10**15, 2**62):
        line = refused(language.program("sample"), toy, n, 7, tmp_path / "out.png")
        assert re.search(r"must fit into memory\. Received: ", line)


def test_cuda_without_a_driver_is_one_line(language, toy, tmp_path):
    if Path("/dev/nvidiactl").exists():
        pytest.skip("this machine has a driver")
    line = refused(language.program("sample"), toy, 4, 7, tmp_path / "out.png", "--provider", "cuda")
    assert "provider 'cuda' needs an ONNX Runtime built for it, an NVIDIA driver and CUDA. Received: " in line


def test_options_that_a_bundle_cannot_take_are_one_line(sanitized, vae_bundle, bundles, tmp_path):
    sample, out = sanitized.program("sample"), tmp_path / "out.png"
    assert "whose noise takes none. Received: 0.5" in refused(sample, vae_bundle, 4, 7, out, "--truncation", 0.5)
    assert "--label must be left out" in refused(sample, vae_bundle, 4, 7, out, "--label", "zero")
    assert "must have the network 'decoder'" in refused(sample, bundles["both"], 4, 7, out)
    write_png(tmp_path / "in.png", noise(8, 8))
    words = (tmp_path / "in.png", out)
    translate = sanitized.program("translate")
    assert "translates to a or b. Received: none." in refused(translate, bundles["both"], *words)
    assert "translates to b. Received: 'a'." in refused(translate, bundles["inverting"], *words, "--to", "a")
    assert "`tile` must be at least 8. Received: 7." in refused(translate, bundles["both"], *words, "--tile", 7)
    assert "must translate. Received: a bundle of 'vae'." in refused(translate, vae_bundle, *words)


def entry(**changes):
    return lambda folder: toys.changed(folder, lambda manifest: manifest["networks"]["decoder"].update(changes))


def whole(**changes):
    return lambda folder: toys.changed(folder, lambda manifest: manifest.update(changes))


def text(content):
    return lambda folder: (folder / "manifest.json").write_bytes(content)


def altered(folder, name="decoder.onnx"):
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)


def linked(folder, name="decoder.onnx"):
    (folder / name).rename(folder.parent / name)
    (folder / name).symlink_to(folder.parent / name)


def network(graph):
    """Another decoder, of which the manifest knows."""
    return lambda folder: toys.replaced(
        folder, "decoder", graph if isinstance(graph, bytes) else graph.SerializeToString()
    )


def with_node(*node, domain="", **attributes):
    graph = toys.decoder()
    graph.graph.node.append(helper.make_node(*node, domain=domain, **attributes))
    return graph


def of_opset(version):
    graph = toys.decoder()
    graph.opset_import[0].version = version
    return graph


def twice(key, value):
    """External data with a key that another entry has as well."""
    tensor = toys.external("mix", [2, 1], offset=8)
    tensor.external_data.add(key=key, value=value)
    return toys.decoder(mix=tensor)


def with_function():
    graph = toys.decoder()
    function = helper.make_function("own", "F", ["x"], ["y"], [helper.make_node("Neg", ["x"], ["y"])], [])
    graph.functions.append(function)
    return graph


def with_sparse():
    graph = toys.decoder()
    values = helper.make_tensor("sparse", TensorProto.FLOAT, [1], [1.0])
    indices = helper.make_tensor("indices", TensorProto.INT64, [1], [0])
    graph.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [3]))
    return graph


SUBGRAPH = helper.make_graph([helper.make_node("Neg", ["latent"], ["negative"])], "inner", [], [])
DAMAGES = {
    "no folder": (shutil.rmtree, "must be a bundle with a manifest.json. Received: no such folder."),
    "no manifest": (
        lambda folder: (folder / "manifest.json").unlink(),
        "must be a bundle with a manifest.json. Received: a folder without one.",
    ),
    "manifest linked": (lambda folder: linked(folder, "manifest.json"), "must be a file of its own. Received: a link."),
    "no JSON": (text(b'{"format_version": 2,'), "manifest.json: a manifest must be JSON. Received: "),
    "not even text": (text(b"\xff\xfe\0"), "manifest.json: a manifest must be JSON. Received: "),
    "deep JSON": (text(b"[" * 100_000), "manifest.json: a manifest must be JSON. Received: "),
    "large JSON": (text(b" " * (2**22 + 1)), "must have at most 4194304 bytes. Received: 4194305."),
    "an array": (text(b"[]"), "manifest must be an object. Received: an array."),
    "a newer format": (
        whole(format_version=3),
        "format_version must be at most 2. Received: 3. This bundle was written by a newer keras-gen;",
    ),
    "no format": (
        whole(format_version=None),
        "manifest.format_version must be an integer of at least 1. Received: null",
    ),
    "a huge number": (whole(format_version=2**70), "manifest.format_version must be an integer of at least 1."),
    "no networks": (whole(networks={}), "must have the network 'decoder'. Received: a bundle with ."),
    "a wrong entry": (whole(classes="zero"), 'manifest.classes must be an array. Received: "zero".'),
    "an axis of 0": (
        whole(image={"height": 0, "width": 2, "channels": 1}),
        "manifest.image.height must be an integer of at least 1. Received: 0.",
    ),
    "a name upwards": (
        entry(file="../decoder.onnx"),
        'manifest.networks.decoder.file must be a plain file name inside the bundle. Received: "../decoder.onnx".',
    ),
    "an absolute name": (entry(file="/etc/passwd"), "file must be a plain file name inside the bundle."),
    "a hidden name": (entry(file=".."), "file must be a plain file name inside the bundle."),
    "a key of two lines": (
        whole(networks={"a\nb\x1b[2J": 1}),
        "manifest.networks.a b [2J must be an object. Received: 1.",
    ),
    "a name that ends early": (entry(file="decoder.onnx\0"), "file must be a plain file name inside the bundle."),
    "weights upwards": (
        entry(weights={"file": "../w", "sha256": "0" * 64, "size": 1}),
        "manifest.networks.decoder.weights.file must be a plain file name inside the bundle.",
    ),
    "no hash": (entry(sha256="0" * 63), "sha256 must be 64 hexadecimal digits."),
    "a file gone": (
        lambda folder: (folder / "decoder.onnx").unlink(),
        "must be in the bundle. Received: no such file.",
    ),
    "a file linked": (linked, "decoder.onnx must be a file of its own. Received: a link."),
    "a folder": (
        lambda folder: ((folder / "decoder.onnx").unlink(), (folder / "decoder.onnx").mkdir()),
        "decoder.onnx must be a file. Received: something else.",
    ),
    "cut": (lambda folder: cut(folder / "decoder.onnx"), "decoder.onnx must have "),
    "inflated": (
        lambda folder: os.truncate(folder / "decoder.onnx", 10**6),
        "decoder.onnx must have ",
    ),
    "altered": (altered, "decoder.onnx must have the SHA-256 "),
    "no ONNX": (network(b"no network"), "decoder.onnx must be an ONNX file. Received: bytes that are none."),
    "empty": (network(b""), "decoder.onnx must be an ONNX file. Received: bytes that are none."),
    "numbers elsewhere": (
        network(toys.decoder(mix=toys.external("mix", [2, 1], "/etc/passwd"))),
        "decoder.onnx must have its data inside. Received: data in '/etc/passwd'.",
    ),
    "numbers upwards": (
        network(toys.decoder(mix=toys.external("mix", [2, 1], "../numbers"))),
        "decoder.onnx must have its data inside. Received: data in '../numbers'.",
    ),
    "numbers at an address": (
        network(toys.decoder(mix=toys.external("mix", [2, 1], "*/_ORT_MEM_ADDR_/*", offset=4096))),
        "decoder.onnx must have its data inside. Received: data in '*/_ORT_MEM_ADDR_/*'.",
    ),
    "numbers nowhere": (
        network(toys.decoder(mix=TensorProto(name="mix", data_type=1, dims=[2, 1], data_location=1))),
        "decoder.onnx must have its data inside. Received: data in another place.",
    ),
    "numbers of a node elsewhere": (
        network(with_node("Constant", [], ["c"], value=toys.external("c", [2, 1], "/etc/passwd"))),
        "decoder.onnx must have its data inside. Received: data in '/etc/passwd'.",
    ),
    "an operator of others": (
        network(with_node("ReadFile", ["latent"], ["read"], domain="com.example")),
        "must use operators of ONNX that compute numbers from numbers. Received: 'com.example.ReadFile'.",
    ),
    "a graph within": (
        network(with_node("If", ["latent"], ["i"], then_branch=SUBGRAPH, else_branch=SUBGRAPH)),
        "must be one graph with its numbers and no more. Received: a graph within it.",
    ),
    "a function": (
        network(with_function()),
        "must be one graph with its numbers and no more. Received: operators of its own.",
    ),
    "sparse numbers": (
        network(with_sparse()),
        "must be one graph with its numbers and no more. Received: sparse numbers.",
    ),
    "an unknown operator": (
        network(with_node("Imagine", ["latent"], ["imagined"])),
        "Received: 'ai.onnx.Imagine'.",
    ),
    "random numbers": (
        network(with_node("RandomNormalLike", ["latent"], ["drawn"])),
        "Received: 'ai.onnx.RandomNormalLike'.",
    ),
    "a graph that does not fit": (
        network(with_node("MatMul", ["mix", "mix"], ["mismatched"])),
        "must be a network that ONNX Runtime",
    ),
    "newer operators": (network(of_opset(99)), "it needs operator set 99. Received: "),
    "other axes": (
        entry(outputs={"image": {"axes": ["n", 9, 9, 1], "dtype": "uint8"}}),
        "must have 'image' as uint8 (-1, 9, 9, 1), as the manifest says. Received: another type or other axes.",
    ),
    "another type": (
        entry(outputs={"image": {"axes": ["n", 3, 2, 1], "dtype": "float32"}}),
        "must have 'image' as float32 (-1, 3, 2, 1), as the manifest says. Received: another type or other axes.",
    ),
    "a type that is none": (
        entry(outputs={"image": {"axes": ["n", 3, 2, 1], "dtype": "object"}}),
        "a dtype must be uint8, float32 or int64. Received: 'object'.",
    ),
    "another name": (
        entry(outputs={"image": {"axes": ["n", 3, 2, 1], "dtype": "uint8"}, "x": {"axes": [], "dtype": "uint8"}}),
        "must have 'x' as uint8 (), as the manifest says. Received: none of that name.",
    ),
    "no outputs": (entry(outputs={}), "must have 'image' where it is used. Received: none."),
    "a free size": (
        entry(outputs={"image": {"axes": ["n", "h", "w", 1], "dtype": "uint8"}}),
        "must state the size of 'image'. Received: a free one.",
    ),
    "sizes without end": (
        entry(outputs={"image": {"axes": ["n", 2**62, 2**62, 1], "dtype": "uint8"}}),
        "arrays must fit into memory.",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_bundles_are_one_line(sanitized, tmp_path, damage):
    bundle = toys.plain(tmp_path / "bundle")
    change, message = DAMAGES[damage]
    change(bundle)
    assert message in refused(sanitized.program("sample"), bundle, 4, 7, tmp_path / "out.png")
    assert not (tmp_path / "out.png").exists()


WEIGHT_DAMAGES = {
    "altered": (lambda folder: altered(folder, toys.WEIGHTS), "decoder.weights must have the SHA-256 "),
    "cut": (lambda folder: cut(folder / toys.WEIGHTS, -1), "decoder.weights must have 16 bytes. Received: 15."),
    "linked": (
        lambda folder: linked(folder, toys.WEIGHTS),
        "decoder.weights must be a file of its own. Received: a link.",
    ),
    "elsewhere": (
        network(toys.decoder(mix=toys.external("mix", [2, 1], "other.weights"))),
        "must have its data inside or in decoder.weights. Received: data in 'other.weights'.",
    ),
    "beyond the end": (
        network(toys.decoder(mix=toys.external("mix", [2, 1], offset=12))),
        "must have data within the 16 bytes of decoder.weights. Received: 8 bytes from 12 on.",
    ),
    "before the beginning": (
        network(toys.decoder(mix=toys.external("mix", [2, 1], offset=-8))),
        "must be an ONNX file. Received: bytes that are none.",
    ),
    "more than is stated": (
        network(toys.decoder(mix=toys.external("mix", [2, 9], offset=8, length=8))),
        "must be a network that ONNX Runtime",
    ),
    "at two places": (
        network(twice("location", "other.weights")),
        "must have its data inside or in decoder.weights. Received: data in 'other.weights'.",
    ),
}


@pytest.mark.parametrize("damage", WEIGHT_DAMAGES)
def test_damaged_weights_are_one_line(sanitized, tmp_path, damage):
    bundle = toys.beside(tmp_path / "bundle")
    change, message = WEIGHT_DAMAGES[damage]
    change(bundle)
    assert message in refused(sanitized.program("sample"), bundle, 4, 7, tmp_path / "out.png")


def as_high_as_the_seed():
    """A decoder whose pictures have a height that only running it shows."""
    nodes = [
        ("Shape", ["latent"], ["shape"]),
        ("Slice", ["shape", "zero", "one"], ["count"]),
        ("Cast", ["latent"], ["whole"], {"to": TensorProto.INT64}),
        ("Slice", ["whole", "zero", "one", "zero"], ["first"]),
        ("Slice", ["first", "one", "two", "one"], ["cell"]),
        ("Reshape", ["cell", "one"], ["seed"]),
        ("Concat", ["count", "seed", "two", "one"], ["sides"], {"axis": 0}),
        ("Expand", ["level", "sides"], ["image"]),
    ]
    constants = {name: np.array([value]) for name, value in {"zero": 0, "one": 1, "two": 2}.items()}
    constants["level"] = np.full((1, 1, 1, 1), 9, np.uint8)
    inputs = {"latent": (TensorProto.FLOAT, ["n", 2]), "label": (TensorProto.INT64, ["n"])}
    return toys.model(nodes, inputs, {"image": (TensorProto.UINT8, ["n", "h", "w", 1])}, constants)


@pytest.mark.parametrize(("seed", "ends"), [(3, 0), (2, 1), (5, 1), (5000, 1)])
def test_pictures_of_another_size_than_stated_are_one_line(sanitized, tmp_path, seed, ends):
    """There is memory for pictures of the size stated, which is 3."""
    bundle = toys.replaced(toys.plain(tmp_path / "bundle"), "decoder", as_high_as_the_seed().SerializeToString())
    result = run(sanitized.program("sample"), bundle, 4, seed, tmp_path / "out.png")
    assert (result.returncode, result.stderr.count("\n")) == (ends, ends)
    assert ("decoder.onnx must run. Received: " in result.stderr) == bool(ends)


@pytest.mark.parametrize("kind", ["manifest", "onnx", "png", "jpeg"])
def test_any_bytes_are_read_or_refused(sanitized, tmp_path, kind):
    """A thousand files with a few bytes changed; the sanitizers say what is not in order."""
    sources = {"manifest": "manifest.json", "onnx": "decoder.onnx"}
    bundle = toys.beside(tmp_path / "bundle")
    source = bundle / sources[kind] if kind in sources else tmp_path / f"picture.{kind}"
    if kind not in sources:
        stripes("P" if kind == "png" else "RGB").save(source, **oriented(6))
    words = (sanitized.folder / "driver" / "driver", "fuzz", "-", tmp_path / "fuzzed", f"kind={kind}", f"in={source}")
    result = run(*words, "n=1000")
    assert (result.returncode, result.stderr) == (0, "")
    read, broken = map(int, result.stdout.split())
    assert read + broken == 1000
    assert broken > 0


def test_sha256_is_that_of_the_standard(language, tmp_path):
    """The examples of FIPS 180-4 and the secure hash standard's validation system."""
    long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    digests = {
        b"": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        b"abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        long: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        b"a" * 10**6: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
    }
    for content, expected in digests.items():
        (tmp_path / "content").write_bytes(content)
        driver = language.folder / "driver" / "driver"
        assert cpp.called(driver, "sha256", "-", "-", f"in={tmp_path / 'content'}").strip() == expected
        assert hashlib.sha256(content).hexdigest() == expected


# ----------------------------------------------------------------------------------------- libraries that do not fit

OLD_LIBRARY = """
#include <onnxruntime_c_api.h>
static const OrtApi* none(uint32_t) noexcept { return nullptr; }
static const char* version() noexcept { return "%s"; }
static const OrtApiBase base = {none, version};
extern "C" const OrtApiBase* OrtGetApiBase() noexcept { return &base; }
"""


@pytest.mark.parametrize("version", ["1.10.0", "99.0.0"])
def test_a_library_without_the_functions_is_one_line(language, toy, tmp_path, version):
    """One that is older than the headers, and one that knows them no longer."""
    include, _ = cpp.onnxruntime_folders()
    (tmp_path / "old.cpp").write_text(OLD_LIBRARY % version)
    (tmp_path / "names").write_text(f"VERS_{wheel_version()} {{ OrtGetApiBase; }};")
    library = tmp_path / "libonnxruntime.so.1"
    cpp.called(
        "c++", "-std=c++17", "-shared", "-fPIC", f"-I{include}", f"-Wl,--version-script={tmp_path / 'names'}",
        "-Wl,-soname,libonnxruntime.so.1", tmp_path / "old.cpp", "-o", library,
    )  # fmt: skip
    line = refused(language.program("sample"), toy, 4, 7, tmp_path / "out.png", LD_LIBRARY_PATH=str(tmp_path))
    assert re.search(rf"the onnxruntime library must be at least 1\.\d+, .* Received: {re.escape(version)}\.", line)


def wheel_version():
    return cpp.wheel_library().name.removeprefix("libonnxruntime.so.")


def test_a_library_of_another_machine_is_named_when_building(tmp_path):
    """The wheel's own library, but for the field of its header that says which machine it is for."""
    include, library = cpp.onnxruntime_folders()
    content = bytearray((library / "libonnxruntime.so").read_bytes())
    content[18:20] = (0xF3).to_bytes(2, "little")  # RISC-V
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libonnxruntime.so").write_bytes(content)
    words = ["-S", cpp.SOURCES, "-B", tmp_path / "build", f"-DORT_INCLUDE_DIR={include}"]
    result = run("cmake", *words, f"-DORT_LIB_DIR={tmp_path / 'lib'}")
    assert result.returncode != 0
    assert "ORT_LIB_DIR must hold an onnxruntime library for" in " ".join(result.stderr.split())


def test_a_missing_library_is_named_when_building(tmp_path):
    include, _ = cpp.onnxruntime_folders()
    result = run("cmake", "-S", cpp.SOURCES, "-B", tmp_path / "build", f"-DORT_INCLUDE_DIR={include}",
                 f"-DORT_LIB_DIR={tmp_path}")  # fmt: skip
    assert result.returncode != 0
    assert "ORT_LIB_DIR must hold the onnxruntime library." in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "FOLDER [LIBRARY [RELEASE]] must be given. Received: 0 words."),
        (["{}/headers", "{}/no.so"], "LIBRARY must be a file. Received: "),
    ],
)
def test_mistakes_in_fetching_headers_are_one_line(tmp_path, words, message):
    words = [word.format(tmp_path) for word in words]
    assert message in refused(cpp.SOURCES / "fetch_headers.sh", *words)
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------------- the page


def test_the_program_of_the_page_runs(language, toy, bundles, tmp_path):
    """Compiled from what the page shows, against what was installed."""
    blocks = dict(re.findall(r"```(cmake|cpp)\n(.*?)```", PAGE.read_text(), re.DOTALL))
    (tmp_path / "CMakeLists.txt").write_text(blocks["cmake"])
    (tmp_path / "pictures.cpp").write_text(blocks["cpp"])
    cpp.configured(tmp_path, tmp_path / "build", f"-DCMAKE_PREFIX_PATH={language.prefix}")
    write_png(tmp_path / "photo.png", noise(50, 40))
    result = run(tmp_path / "build" / "pictures", toy, bundles["both"], tmp_path / "photo.png", tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    close(read_image(tmp_path / "samples.png"), grid(toys.expected(range(16), 7, np.arange(16) % 3), 3))
    np.testing.assert_array_equal(read_image(tmp_path / "translated.png"), 255 - noise(50, 40))
    result = run(tmp_path / "build" / "pictures", tmp_path, bundles["both"], tmp_path / "photo.png", tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "must be a bundle with a manifest.json" in result.stderr


def test_the_commands_of_the_page_run(language, vae_bundle, bundles, tmp_path):
    shutil.copytree(vae_bundle, tmp_path / "bundles" / "vae")
    shutil.copytree(bundles["both"], tmp_path / "bundles" / "h2z")
    write_picture(tmp_path / "photo.jpg", noise(30, 20))
    commands = re.findall(r"^(?:sample|translate) .*$", PAGE.read_text(), re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        name, *words = command.split()
        result = subprocess.run([language.program(name), *words], cwd=tmp_path, capture_output=True, text=True)
        assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "samples.png").exists()
    assert (tmp_path / "zebra.png").exists()


def test_the_page_says_what_the_programs_say(language):
    """The options of both, as their help shows them."""
    for program in ("sample", "translate"):
        result = run(language.program(program), "--help")
        assert (result.returncode, result.stderr) == (0, "")
        for option in re.findall(r"--\w+", result.stdout):
            assert option in PAGE.read_text()


def test_operators_are_allowed_as_in_python(language):
    names = cpp.called(language.folder / "driver" / "driver", "operators", "-", "-").split()
    assert names == sorted(ALLOWED)


def test_every_format_that_python_writes_is_read():
    header = (cpp.SOURCES / "include" / "keras_gen" / "keras_gen.hpp").read_text()
    assert int(re.search(r"newest_format = (\d+)", header)[1]) >= FORMAT_VERSION


@pytest.mark.parametrize(("given", "told"), [({}, "1"), ({"ORT_DISABLE_TELEMETRY": "true"}, "true")])
def test_telemetry_is_off_before_the_runtime_is_asked_for_anything(language, vae_bundle, tmp_path, given, told):
    command = [language.program("sample"), vae_bundle, 4, 7, tmp_path / "out.png"]
    seen = recorder.recorded(tmp_path / "recorded", command, **given)
    assert (seen.sockets, seen.files) == (0, ())
    assert set(seen.told) == {told}
