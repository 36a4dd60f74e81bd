"""The npm package in Node and in Chromium beside the Python package: equal pictures, and refusals of one line."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
import tarfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

import serving
from tests.serving.languages import chromium, javascript, labelled, node
from tests.serving.languages.javascript import ProgramError
from tests.translators import FREE, graph_of, noise, write_bundle

PAGE = Path(__file__).parents[3] / "docs" / "javascript.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("javascript")


@pytest.fixture(scope="module", params=["node", "chromium"])
def language(request, language_of):
    return language_of(request.param)


@pytest.fixture(scope="module")
def app(language_of):
    """Where the package is installed."""
    return language_of("node").app


@pytest.fixture(scope="module")
def by_class(folder):
    return labelled.write(folder / "by_class")


@pytest.fixture
def copied(by_class, tmp_path):
    return shutil.copytree(by_class, tmp_path / "copy")


def changed(bundle, change):
    """A bundle whose manifest is another."""
    document = json.loads((bundle / "manifest.json").read_text())
    change(document)
    (bundle / "manifest.json").write_text(json.dumps(document))
    return bundle


def assert_same_pictures(received, expected):
    assert received.shape == expected.shape
    assert received.dtype == expected.dtype == np.uint8
    assert np.abs(received.astype(int) - expected).max() <= 1


def refusal(language, call):
    """The one line that a call is refused with."""
    with pytest.raises(ProgramError) as error:
        call()
    assert error.value.name == "InputError"
    assert "\n" not in str(error.value)
    return str(error.value)


class TestPackage:
    def test_its_own_tests_pass(self, app):
        tests = sorted(str(file) for file in (app.parent / "package" / "test").glob("*.test.mjs"))
        assert tests
        javascript.run_in(app.parent / "package", "node", "--test", *tests)

    def test_it_is_formatted(self, app):
        javascript.run_in(app.parent / "package", "npm", "run", "lint")

    def test_it_holds_what_was_built_and_nothing_else(self, app):
        (packed,) = (app.parent / "package").glob("*.tgz")
        with tarfile.open(packed) as archive:
            names = {name.removeprefix("package/") for name in archive.getnames()}
        assert {name for name in names if not name.startswith("dist/")} == {"package.json", "README.md"}
        assert {"dist/node.js", "dist/node.d.ts", "dist/web.js", "dist/web.d.ts"} <= names

    def test_it_has_the_version_of_the_python_package(self):
        import keras_gen

        described = json.loads((javascript.SOURCE / "package.json").read_text())
        assert described["version"] == keras_gen.__version__
        assert not described.get("dependencies")


class TestSampling:
    @pytest.mark.parametrize("seed", [0, 9, -5, 2**53 + 1, 2**63 - 1, -(2**63)])
    def test_a_seed_gives_the_pictures_that_it_gives_in_python(self, language, vae_bundle, seed):
        expected = serving.load(vae_bundle, provider="cpu").sample(11, seed=seed)
        assert_same_pictures(language.sample(vae_bundle, 11, seed), expected)

    @pytest.mark.parametrize("batch", [1, 7, 1000])
    def test_whatever_the_batch(self, language, vae_bundle, batch):
        expected = language.sample(vae_bundle, 70, 9)
        np.testing.assert_array_equal(language.sample(vae_bundle, 70, 9, batchSize=batch), expected)
        np.testing.assert_array_equal(language.sample(vae_bundle, 13, 9, batchSize=batch), expected[:13])

    @pytest.mark.parametrize("labels", [None, [2, 0, 0, 1, 2, 2, 1]])
    @pytest.mark.parametrize("truncation", [None, 0.5])
    @pytest.mark.parametrize("batch", [3, 64])
    def test_classes_and_truncation(self, language, by_class, labels, truncation, batch):
        reference = serving.load(by_class, provider="cpu")
        given = None if labels is None else np.array(labels)
        expected = reference.sample(7, seed=4, labels=given, truncation=truncation)
        assert_same_pictures(language.sample(by_class, 7, 4, labels, truncation, batchSize=batch), expected)

    def test_latents_are_drawn_by_their_index(self, language, by_class):
        code = "return (await Sampler.open(place)).latents(5, { seed: 3, start: 4, truncation: 1 })"
        expected = serving.load(by_class, provider="cpu").latents(5, seed=3, start=4, truncation=1.0)
        np.testing.assert_allclose(language.run(code, place=language.place(by_class)), expected, atol=1e-5)

    def test_a_stream_comes_in_pieces(self, language, vae_bundle):
        code = """
            const sampler = await Sampler.open(place);
            const pieces = [];
            for await (const piece of sampler.stream(10, { seed: 2, batchSize: 4 })) pieces.push(count(piece));
            return [pieces, sampler.abilities, sampler.takesClass, sampler.latent];
        """
        received = language.run(code, place=language.place(vae_bundle))
        latent = {"size": 2, "prior": "standard_normal"}
        assert received == [[4, 4, 2], ["sample", "decode", "encode"], False, latent]

    def test_two_samplers_at_a_time(self, language, vae_bundle):
        code = """
            const samplers = await Promise.all([Sampler.open(place), Sampler.open(place)]);
            const seeds = [1, 2, 1, 2];
            const made = await Promise.all(seeds.map((seed, index) => samplers[index % 2].sample(9, { seed })));
            return made.map((pictures) => Array.from(pictures.data));
        """
        first, second, *same = language.run(code, place=language.place(vae_bundle))
        assert same == [first, second]
        assert first != second

    @pytest.mark.parametrize("options", [{"threads": 1}, {"providers": "own"}])
    def test_options_of_the_runtime(self, language, vae_bundle, options):
        own = "cpu" if isinstance(language, node.Language) else "wasm"
        options = {name: [own] if value == "own" else value for name, value in options.items()}
        code = "return (await Sampler.open(place, options)).sample(5, { seed: 1 })"
        received = language.run(code, place=language.place(vae_bundle), options=options)
        assert_same_pictures(received, language.sample(vae_bundle, 5, 1))

    def test_float_pictures(self, language, folder):
        bundle = labelled.write(folder / f"float_{type(language).__module__}", io="float32")
        reference = serving.load(bundle, provider="cpu")
        code = "return (await Sampler.open(place)).sample(5, { seed: 1 })"
        received = language.run(code, place=language.place(bundle))
        assert received.dtype == np.float32
        np.testing.assert_allclose(received, reference.sample(5, seed=1), atol=1e-5)
        grey = noise(20, 5).reshape(5, *labelled.SHAPE)
        expected = reference.classify(reference.as_input(grey))
        np.testing.assert_allclose(language.classify(bundle, grey), expected, atol=1e-5)

    def test_weights_beside_two_networks(self, language, by_class, folder):
        """Format 2: the same numbers in another file give the same pictures."""
        bundle = labelled.write(folder / f"beside_{type(language).__module__}", beside=True, version=2)
        assert (bundle / "decoder.onnx").stat().st_size < (by_class / "decoder.onnx").stat().st_size
        expected = language.sample(by_class, 6, 3)
        np.testing.assert_array_equal(language.sample(bundle, 6, 3), expected)
        labels = [0, 1, 2, 0, 1, 2]
        received = language.reconstruct(bundle, expected, labels)
        np.testing.assert_array_equal(received, language.reconstruct(by_class, expected, labels))

    def test_files_in_memory(self, language, vae_bundle):
        files = {
            file.name: base64.b64encode(file.read_bytes()).decode() for file in vae_bundle.iterdir() if file.is_file()
        }
        code = """
            const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
            const bundle = new Map(Object.entries(files).map(([name, text]) => [name, bytes(text)]));
            return (await Sampler.open(bundle)).sample(5, { seed: 1 });
        """
        assert_same_pictures(language.run(code, files=files), language.sample(vae_bundle, 5, 1))


class TestCodes:
    def test_reconstructions_are_those_of_python(self, language, vae_bundle):
        reference = serving.load(vae_bundle, provider="cpu")
        pictures = reference.sample(10, seed=1)
        assert_same_pictures(language.reconstruct(vae_bundle, pictures), reference.reconstruct(pictures))
        code = "return (await Sampler.open(place)).encode(images, { batchSize: 3 })"
        codes = language.run(code, pictures, place=language.place(vae_bundle))
        np.testing.assert_allclose(codes, reference.encode(pictures), atol=1e-5)

    def test_of_a_model_that_sees_the_class(self, language, by_class):
        reference = serving.load(by_class, provider="cpu")
        pictures, labels = noise(20, 5).reshape(5, *labelled.SHAPE), [2, 2, 0, 1, 0]
        expected = reference.reconstruct(pictures, labels=np.array(labels))
        assert_same_pictures(language.reconstruct(by_class, pictures, labels), expected)

    def test_probabilities_are_those_of_python(self, language, by_class):
        pictures = noise(20, 5).reshape(5, *labelled.SHAPE)
        received = language.classify(by_class, pictures)
        assert received.shape == (5, 3)
        np.testing.assert_allclose(received, serving.load(by_class, provider="cpu").classify(pictures), atol=1e-5)


class TestTranslation:
    @pytest.mark.parametrize("size", [(16, 16), (17, 23), (2, 2), (2, 50), (32, 32), (33, 90), (200, 70)])
    @pytest.mark.parametrize("name", ["inverting", "fixed"])
    def test_any_size_is_translated(self, language, bundles, name, size):
        picture = noise(*size)
        received = language.translate(bundles[name], picture, tile=32)
        np.testing.assert_array_equal(received, 255 - picture)

    def test_grey_pictures_and_both_directions(self, language, bundles):
        grey, colour = noise(9, 70, 1), noise(9, 11)
        np.testing.assert_array_equal(language.translate(bundles["grey"], grey, tile=16), 255 - grey)
        for domain in "ab":
            np.testing.assert_array_equal(language.translate(bundles["both"], colour, domain), 255 - colour)

    def test_pictures_of_one_size_are_translated_together(self, language, bundles):
        pictures = np.stack([noise(9, 11, seed=seed) for seed in range(5)])
        code = "return (await Translator.open(place, { tile: 16 })).translate(images)"
        received = language.run(code, pictures, place=language.place(bundles["inverting"]))
        np.testing.assert_array_equal(received, 255 - pictures)

    @pytest.mark.parametrize("name", ["centring", "older"])
    @pytest.mark.parametrize("size", [(96, 128), (70, 33), (32, 500), (129, 67)])
    def test_tiles_with_the_statistics_of_the_whole(self, language, bundles, size, name):
        height, width = size
        picture = np.concatenate([noise(height, width // 2) // 4, 160 + noise(height, width - width // 2) // 4], axis=1)
        expected = serving.Translator(bundles["centring"], provider="cpu", tile=32).translate(picture[None])[0]
        received = language.translate(bundles[name], picture, tile=32)
        assert_same_pictures(received, expected)

    def test_float_pictures(self, language, folder):
        """-image, in [-1, 1], of a bundle that was exported so."""
        sides = {"image": (TensorProto.FLOAT, [*FREE, 3])}, {"translation": (TensorProto.FLOAT, [*FREE, 3])}
        model = graph_of([helper.make_node("Neg", ["image"], ["translation"])], *sides)
        size = serving.bundle.manifest.Image(16, 16, 3, any_size=True, multiple=4)
        bundle = write_bundle(folder / f"negative_{type(language).__module__}", {"a_to_b": model}, size)
        picture = noise(50, 41)
        np.testing.assert_array_equal(language.translate(bundle, picture, tile=32), 255 - picture)

    def test_how_many_at_once_and_inside_what(self, language, bundles):
        code = """
            const translator = await Translator.open(place, { tile: 33 });
            const sizes = [[16, 16], [32, 32], [13, 13], [4, 4], [99, 9]];
            const answers = sizes.map((size) => [translator.sizeInside(...size), translator.atOnce(...size)]);
            return [translator.tile, translator.targets, answers];
        """
        reference = serving.Translator(bundles["inverting"], provider="cpu", tile=33)
        tile, targets, answers = language.run(code, place=language.place(bundles["inverting"]))
        assert (tile["height"], tile["width"]) == reference.tile
        assert tuple(targets) == reference.targets
        for size, (inside, at_once) in zip([(16, 16), (32, 32), (13, 13), (4, 4), (99, 9)], answers, strict=True):
            assert (inside["height"], inside["width"]) == reference.size_inside(*size)
            assert at_once == reference.at_once(*size)


class TestPictures:
    @pytest.mark.parametrize("size", [(1, 1), (7, 11), (23, 31), (36, 29), (5, 60)])
    @pytest.mark.parametrize("channels", [1, 3])
    def test_reduced_pictures_are_pillows(self, language, size, channels):
        picture = noise(37, 53, channels)
        shown = Image.fromarray(picture[..., 0] if channels == 1 else picture)
        expected = np.asarray(shown.resize(size[::-1], Image.Resampling.BOX)).reshape(*size, channels)
        code = "return (await inside('resize')).resizeBox(images, height, width)"
        received = language.run(code, picture[None], height=size[0], width=size[1])[0]
        np.testing.assert_array_equal(received, expected)

    @pytest.mark.parametrize("channels", [1, 3])
    def test_pictures_of_a_canvas_are_read_as_files_are(self, language, channels):
        rgba = noise(64, 64, 4)
        stream = io.BytesIO()
        Image.fromarray(rgba).save(stream, "PNG")
        expected = serving.common.images.read_image(stream.getvalue(), channels=channels)
        code = "return fromRgba(images, channels)"
        np.testing.assert_array_equal(language.run(code, rgba[None], channels=channels)[0], expected)
        np.testing.assert_array_equal(
            language.run("return toRgba(images)", expected[None])[0, ..., :3], np.broadcast_to(expected, (64, 64, 3))
        )

    def test_grey_levels_and_numbers_are_pythons(self, language):
        levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
        numbers = language.run("return toFloat(images)", levels)
        np.testing.assert_array_equal(numbers, serving.common.images.to_float(levels))
        values = np.random.default_rng(0).uniform(-1.2, 1.2, (1, 50, 50, 3)).astype(np.float32)
        received = language.run("return toUint8(images)", values)
        np.testing.assert_array_equal(received, serving.common.images.to_uint8(values))


class TestRefusals:
    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("s.sample(0)", "`n` must be an integer of at least 1. Received: 0."),
            ("s.sample(2.5)", "`n` must be an integer of at least 1. Received: 2.5."),
            ("s.stream(NaN)", "`n` must be an integer of at least 1. Received: NaN."),
            ("s.sample(1, { batchSize: 0 })", "`batchSize` must be an integer of at least 1. Received: 0."),
            ("s.sample(1, { seed: 2n ** 63n })", "`seed` must be a 64-bit integer. Received: 9223372036854775808."),
            ("s.sample(1, { truncation: 0 })", "`truncation` must be above 0. Received: 0."),
            ("s.sample(2, { labels: [0] })", "`labels` must be 2 integers. Received: 1."),
            ("s.sample(1, { labels: [3] })", "`labels` must be integers from 0 to 2. Received: 3."),
            ("s.latents(1, { start: -1 })", "`start` must be an integer of at least 0. Received: -1."),
            (
                "s.decode({ data: new Float32Array(3), size: 3 }, { labels: [0] })",
                "`latents` must be one or more rows of 6 numbers. Received: 3 numbers in rows of 3.",
            ),
            ("s.encode({ ...p, height: 5 }, { labels: [0] })", "`images` must be pictures of 4x5x3. Received: 5x5x3."),
            (
                "s.encode({ ...p, data: new Float32Array(60) }, { labels: [0] })",
                "`images` must be uint8. Received: Float32Array.",
            ),
            (
                "s.classify({ ...p, data: new Uint8Array(61) })",
                "`data` must be of one or more pictures of 4x5x3 numbers. Received: 61 numbers.",
            ),
        ],
    )
    def test_impossible_wishes(self, language, by_class, code, message):
        code = f"const s = await Sampler.open(place), p = await s.sample(1); await {code}"
        assert refusal(language, lambda: language.run(code, place=language.place(by_class))) == message

    def test_a_class_that_must_be_given_and_a_truncation_that_is_not_taken(self, language, by_class, vae_bundle):
        given = noise(4, 5)[None]
        message = refusal(language, lambda: language.reconstruct(by_class, given))
        assert re.fullmatch(r"the encoder of .* must be given `labels`. Received: none.", message)
        message = refusal(language, lambda: language.sample(vae_bundle, 1, 1, truncation=0.5))
        assert re.fullmatch(r"`truncation` must be left out for .*, whose noise takes none. Received: 0.5.", message)

    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("t.translate(image(8, 8, 1))", "`images` must have 3 channels. Received: 1."),
            ("t.translate(image(8, 1, 3))", "a picture must have sides of at least 2 pixels. Received: 1x8."),
            ("t.translate(toFloat(image(8, 8, 3)))", "`images` must be uint8. Received: Float32Array."),
            ("t.translate(image(8, 8, 3), 'c')", r"`to` must be a domain that .* translates to: b. Received: \"c\"."),
            ("Translator.open(place, { tile: 7 })", "`tile` must be an integer of at least 8. Received: 7."),
            ("Translator.open(place, { threads: 0 })", "`threads` must be an integer of at least 1. Received: 0."),
            ("Translator.open(place, { providers: [] })", "`providers` must be at least one execution provider.*"),
        ],
    )
    def test_impossible_translations(self, language, bundles, code, message):
        code = f"""
            const image = (height, width, channels) =>
                ({{ data: new Uint8Array(height * width * channels), height, width, channels }});
            const t = await Translator.open(place);
            await {code};
        """
        received = refusal(language, lambda: language.run(code, place=language.place(bundles["inverting"])))
        assert re.fullmatch(message, received)

    def test_what_a_bundle_cannot_do(self, language, bundles, vae_bundle):
        message = refusal(language, lambda: language.translate(vae_bundle, noise(8, 8)))
        assert message.endswith('must translate. Received: a bundle of "vae".')
        message = refusal(language, lambda: language.sample(bundles["fixed"], 1, 1))
        assert message.endswith('must have the network "noise". Received: a bundle with a_to_b.')
        message = refusal(language, lambda: language.translate(bundles["both"], noise(8, 8)))
        assert message.endswith("translates to: a or b. Received: undefined.")

    def test_an_altered_file(self, language, copied):
        path = copied / "decoder.onnx"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        message = refusal(language, lambda: language.sample(copied, 1, 1))
        received = hashlib.sha256(content).hexdigest()
        assert re.search(rf"decoder\.onnx must have the SHA-256 \w+\. Received: {received}\.", message)

    @pytest.mark.parametrize("more", [-1, 1, 100_000])
    def test_a_truncated_or_inflated_file(self, language, copied, more):
        path = copied / "decoder.onnx"
        content = path.read_bytes()
        path.write_bytes(content[:more] if more < 0 else content + bytes(more))
        message = refusal(language, lambda: language.sample(copied, 1, 1))
        assert re.search(
            rf"decoder\.onnx must have (at most )?{len(content)} bytes\. Received: \d+( or more)?\.", message
        )

    def test_a_missing_file(self, language, copied):
        (copied / "decoder.onnx").unlink()
        message = refusal(language, lambda: language.sample(copied, 1, 1))
        assert re.search(r"decoder\.onnx must be .*\. Received: (no such file|status 404)\.", message)

    def test_a_newer_format(self, language, copied):
        changed(copied, lambda manifest: manifest.update(format_version=4, new=1))
        message = refusal(language, lambda: language.sample(copied, 1, 1))
        assert re.search(r"format_version must be at most 3\. Received: 4\. .*update keras-gen", message)

    def test_no_bundle(self, language, tmp_path):
        message = refusal(language, lambda: language.sample(tmp_path, 1, 1))
        assert re.search(r"Received: (a folder without one|status 404)\.$", message)

    def test_a_model_that_reads_another_file(self, language, by_class, folder):
        """In Node, ONNX Runtime reads any file below the working directory that a model names."""
        bundle = labelled.write(folder / f"reading_{type(language).__module__}", beside=True, version=2)
        model = onnx.load(bundle / "decoder.onnx", load_external_data=False)
        (kept,) = (tensor for tensor in model.graph.initializer if tensor.name == "w")
        del kept.external_data[:]
        labelled.read_from(kept, "worker.mjs", 0, labelled.SIZE * labelled.PIXELS * 4)
        entry = labelled.stored(bundle, "decoder.onnx", model.SerializeToString())
        changed(bundle, lambda manifest: manifest["networks"]["decoder"].update(entry))
        message = refusal(language, lambda: language.sample(bundle, 1, 1))
        assert message.endswith('must read no other file than model.weights. Received: one that reads "worker.mjs".')
        changed(bundle, lambda manifest: manifest["networks"]["decoder"].update(weights=None))
        message = refusal(language, lambda: language.sample(bundle, 1, 1))
        assert message.endswith('must have all its numbers inside. Received: one that reads "worker.mjs".')

    @pytest.mark.parametrize(
        ("operator", "domain", "received"),
        [
            ("EPContext", "com.microsoft", "com.microsoft.EPContext"),
            ("RandomNormalLike", "", "RandomNormalLike"),
            ("Loop", "ai.onnx", "Loop"),
        ],
    )
    def test_an_operator_that_is_not_allowed(self, language, copied, operator, domain, received):
        model = onnx.load(copied / "decoder.onnx")
        model.graph.node[0].op_type, model.graph.node[0].domain = operator, domain
        entry = labelled.stored(copied, "decoder.onnx", model.SerializeToString())
        changed(copied, lambda manifest: manifest["networks"]["decoder"].update(entry))
        message = refusal(language, lambda: language.sample(copied, 1, 1))
        assert message.endswith(f'operators of ONNX that compute numbers from numbers. Received: "{received}".')

    def test_weights_that_end_too_early(self, language, folder):
        """By the hash they are the manifest's, and yet not what the network needs."""
        bundle = labelled.write(folder / f"short_{type(language).__module__}", beside=True, version=2)
        content = (bundle / "model.weights").read_bytes()[:100]
        entry = labelled.stored(bundle, "model.weights", content)
        changed(bundle, lambda manifest: manifest["networks"]["decoder"].update(weights=entry))
        changed(bundle, lambda manifest: manifest["networks"]["encoder"].update(weights=entry))
        assert "must be a model that onnxruntime" in refusal(language, lambda: language.sample(bundle, 1, 1))

    def test_an_opset_that_the_runtime_does_not_know(self, language, copied):
        model = onnx.load(copied / "decoder.onnx")
        model.opset_import[0].version = 99
        entry = labelled.stored(copied, "decoder.onnx", model.SerializeToString())
        changed(copied, lambda manifest: manifest["networks"]["decoder"].update(entry))
        message = refusal(language, lambda: language.sample(copied, 1, 1))
        assert re.search(
            r"must be a model that onnxruntime 1\.\d+\.\d+ opens for \w+\. Received: .*opset 99: ", message
        )

    def test_a_model_with_other_inputs_than_the_manifests(self, language, copied):
        changed(copied, lambda manifest: manifest["networks"]["decoder"]["inputs"].pop("label"))
        message = refusal(language, lambda: language.sample(copied, 1, 1))
        assert message.endswith("decoder.onnx must take latent, as the manifest says. Received: label, latent.")

    def test_classes_that_the_manifest_does_not_name(self, language, copied):
        changed(copied, lambda manifest: manifest.update(classes=[]))
        message = refusal(language, lambda: language.sample(copied, 1, 1))
        assert message == "a model that is told the class must know classes. Received: one that knows none."

    def test_an_execution_provider_that_is_not_there(self, language, vae_bundle):
        code = "return (await Sampler.open(place, { providers: ['abacus'] })).sample(1)"
        message = refusal(language, lambda: language.run(code, place=language.place(vae_bundle)))
        assert re.search(r"decoder\.onnx must be a model that onnxruntime .* opens for abacus\. Received: ", message)

    def test_links(self, copied, app, tmp_path):
        """Which pages never see."""
        outside = shutil.move(copied / "decoder.onnx", tmp_path / "decoder.onnx")
        (copied / "decoder.onnx").symlink_to(outside)
        runner = node.Language(app.parent)
        try:
            message = refusal(runner, lambda: runner.sample(copied, 1, 1))
        finally:
            runner.close()
        assert message.endswith("decoder.onnx must be a file of its own. Received: a symbolic link.")


@pytest.fixture(scope="module")
def page(language_of):
    return language_of("chromium")


def test_threads_of_a_page(page, vae_bundle):
    code = "return (await Sampler.open(place, { threads: 2 })).sample(1)"
    message = refusal(page, lambda: page.run(code, place=page.place(vae_bundle)))
    assert message == "`threads` must be 1 in a page that is not cross-origin isolated. Received: 2."


def test_threads_of_an_isolated_page(page, folder, vae_bundle):
    """One number for the whole page, whose pictures are the same."""
    language = chromium.Language(folder, isolated=True)
    code = "return (await Sampler.open(place, { threads })).sample(9, { seed: 3 })"
    place = language.place(vae_bundle)
    try:
        received = language.run(code, place=place, threads=2)
        message = refusal(language, lambda: language.run(code, place=place, threads=3))
    finally:
        language.close()
    assert_same_pictures(received, page.sample(vae_bundle, 9, 3))
    assert message == "`threads` must be one number for the whole page: 2. Received: 3."


def test_a_runtime_of_the_pages_own(page, vae_bundle):
    code = """
        const runtime = await import("/node_modules/onnxruntime-web/dist/ort.all.bundle.min.mjs");
        return (await Sampler.open(place, { runtime })).sample(9, { seed: 3 });
    """
    received = page.run(code, place=page.place(vae_bundle))
    assert_same_pictures(received, page.sample(vae_bundle, 9, 3))


def programs(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


class TestDocumentation:
    """What docs/javascript.md tells a stranger to type, typed."""

    @pytest.fixture
    def somewhere(self, app, tmp_path, vae_bundle, bundles):
        """A project with the bundles of the page."""
        (tmp_path / "node_modules").symlink_to(app / "node_modules")
        (tmp_path / "bundles").mkdir()
        shutil.copytree(vae_bundle, tmp_path / "bundles" / "vae")
        shutil.copytree(bundles["centring"], tmp_path / "bundles" / "facades")
        (tmp_path / "package.json").write_text('{"type": "module"}')
        return tmp_path

    @pytest.mark.parametrize(
        ("index", "printed"),
        [
            (0, "4096 8 8 1\n64 codes of 2 numbers, 4096 bytes\n1000 pictures\n"),
            (1, "90 120 3\n"),
            (2, "`seed` must be a 64-bit integer. Received: 9223372036854775808.\n"),
        ],
    )
    def test_the_programs_run(self, somewhere, index, printed):
        (somewhere / "program.js").write_text(programs("js")[index])
        assert javascript.run_in(somewhere, "node", "program.js") == printed
        assert len(programs("js")) == 3

    def test_the_types_of_a_page_are_right(self, somewhere, app):
        """A bundler takes the package's other entry."""
        program = """
            import { Sampler, toImageData } from "keras-gen";
            const sampler = await Sampler.open(new URL("https://example.org/vae"), { providers: ["webgpu", "wasm"] });
            export const drawn: ImageData = toImageData(await sampler.sample(1, { seed: 2n ** 60n }));
        """
        compiler = app.parent / "package" / "node_modules" / ".bin" / "tsc"
        options = ("--strict", "--module", "esnext", "--moduleResolution", "bundler", "--target", "es2022", "--noEmit")
        (somewhere / "page.ts").write_text(program)
        javascript.run_in(somewhere, str(compiler), *options, "page.ts")

    def test_the_types_are_right(self, somewhere, app):
        (program,) = programs("ts")
        compiler = app.parent / "package" / "node_modules" / ".bin" / "tsc"
        options = (
            "--strict",
            "--module",
            "nodenext",
            "--target",
            "es2022",
            "--types",
            "node",
            "--exactOptionalPropertyTypes",
        )
        (somewhere / "program.ts").write_text(program + "\nconsole.log((await draw('bundles/vae', 3)).data.length);\n")
        javascript.run_in(somewhere, str(compiler), *options, "program.ts")
        assert javascript.run_in(somewhere, "node", "program.js") == "192\n"
        wrong = program.replace("Promise<Pictures<Uint8Array>>", "Promise<Pictures<Float32Array>>")
        (somewhere / "program.ts").write_text(wrong)
        with pytest.raises(AssertionError, match="Float32Array"):
            javascript.run_in(somewhere, str(compiler), *options, "program.ts")

    def test_the_page_draws_samples(self, somewhere, page, vae_bundle):
        samples, _ = programs("html")
        (somewhere / "samples.html").write_text(samples)
        page.server.places["/docs/"] = somewhere
        code = """
            const frame = document.body.appendChild(document.createElement("iframe"));
            frame.src = "/docs/samples.html";
            const find = (name) => frame.contentDocument.querySelector(name);
            while (find("#samples")?.width !== 32 && !find("#error")?.textContent) {
              await new Promise((done) => setTimeout(done, 20));
            }
            if (find("#error").textContent) throw new Error(find("#error").textContent);
            const { width, height } = find("#samples");
            return fromRgba(find("#samples").getContext("2d").getImageData(0, 0, width, height), 1);
        """
        expected = serving.load(vae_bundle, provider="cpu").sample(16, seed=7)
        sheet = expected.reshape(4, 4, 8, 8).swapaxes(1, 2).reshape(1, 32, 32, 1)
        assert_same_pictures(page.run(code), sheet)

    def test_the_page_translates_a_picture_of_the_visitors(self, somewhere, page, bundles):
        _, translation = programs("html")
        (somewhere / "translation.html").write_text(translation)
        page.server.places["/docs/"] = somewhere
        picture = noise(24, 40)
        stream = io.BytesIO()
        Image.fromarray(picture).save(stream, "PNG")
        code = """
            const frame = document.body.appendChild(document.createElement("iframe"));
            frame.src = "/docs/translation.html";
            const titled = async (title) => {
              while (frame.contentDocument.title !== title) await new Promise((done) => setTimeout(done, 20));
            };
            await titled("Ready");
            const chosen = new DataTransfer();
            chosen.items.add(new File([Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0))], "a.png"));
            const input = frame.contentDocument.querySelector("input");
            input.files = chosen.files;
            input.dispatchEvent(new Event("change"));
            await titled("Translated");
            const { width, height } = frame.contentDocument.querySelector("canvas");
            const context = frame.contentDocument.querySelector("canvas").getContext("2d");
            return fromRgba(context.getImageData(0, 0, width, height));
        """
        received = page.run(code, file=base64.b64encode(stream.getvalue()).decode())[0]
        np.testing.assert_array_equal(received, 255 - picture)
