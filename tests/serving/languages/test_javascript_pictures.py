"""What the npm package makes in Node and in Chromium: the pictures of Python."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from onnx import TensorProto, helper
from PIL import Image

import serving
from tests.serving.languages import javascript, labelled, node
from tests.translators import FREE, graph_of, noise, write_bundle

LANGUAGES = ["node", "chromium"]


class TestSampling:
    @pytest.mark.parametrize("seed", [0, 9, -5, 2**53 + 1, 2**63 - 1, -(2**63)])
    def test_a_seed_gives_the_pictures_that_it_gives_in_python(self, language, vae_bundle, seed):
        expected = serving.load(vae_bundle, provider="cpu").sample(11, seed=seed)
        javascript.assert_same_pictures(language.sample(vae_bundle, 11, seed), expected)

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
        javascript.assert_same_pictures(language.sample(by_class, 7, 4, labels, truncation, batchSize=batch), expected)

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
        javascript.assert_same_pictures(received, language.sample(vae_bundle, 5, 1))

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
        javascript.assert_same_pictures(language.run(code, files=files), language.sample(vae_bundle, 5, 1))


class TestCodes:
    def test_reconstructions_are_those_of_python(self, language, vae_bundle):
        reference = serving.load(vae_bundle, provider="cpu")
        pictures = reference.sample(10, seed=1)
        javascript.assert_same_pictures(language.reconstruct(vae_bundle, pictures), reference.reconstruct(pictures))
        code = "return (await Sampler.open(place)).encode(images, { batchSize: 3 })"
        codes = language.run(code, pictures, place=language.place(vae_bundle))
        np.testing.assert_allclose(codes, reference.encode(pictures), atol=1e-5)

    def test_of_a_model_that_sees_the_class(self, language, by_class):
        reference = serving.load(by_class, provider="cpu")
        pictures, labels = noise(20, 5).reshape(5, *labelled.SHAPE), [2, 2, 0, 1, 0]
        expected = reference.reconstruct(pictures, labels=np.array(labels))
        javascript.assert_same_pictures(language.reconstruct(by_class, pictures, labels), expected)

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

    def test_any_channels_and_both_directions(self, language, bundles):
        for name, channels in (("grey", 1), ("bands", 5)):
            picture = noise(9, 70, channels)
            np.testing.assert_array_equal(language.translate(bundles[name], picture, tile=16), 255 - picture)
        colour = noise(9, 11)
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
        javascript.assert_same_pictures(received, expected)

    def test_opacity_is_no_weight_of_what_is_measured(self, language, bundles):
        picture = noise(70, 33, 4)
        picture[:, :16, 3] = 0
        expected = serving.Translator(bundles["opacity"], provider="cpu", tile=32).translate(picture[None])[0]
        javascript.assert_same_pictures(language.translate(bundles["opacity"], picture, tile=32), expected)

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
    @pytest.mark.parametrize("channels", [1, 3, 4])
    def test_reduced_pictures_are_pillows(self, language, size, channels):
        picture = noise(37, 53, channels)
        bands = [Image.fromarray(picture[..., channel]) for channel in range(channels)]
        expected = np.stack([np.asarray(band.resize(size[::-1], Image.Resampling.BOX)) for band in bands], axis=-1)
        code = "return (await inside('resize')).resizeBox(images, height, width)"
        received = language.run(code, picture[None], height=size[0], width=size[1])[0]
        np.testing.assert_array_equal(received, expected)

    @pytest.mark.parametrize("channels", [1, 2, 3, 4])
    def test_pictures_of_a_canvas_are_read_as_files_are(self, language, channels):
        rgba = noise(64, 64, 4)
        stream = io.BytesIO()
        Image.fromarray(rgba).save(stream, "PNG")
        expected = serving.common.images.read_image(stream.getvalue(), channels=channels)
        code = "return fromRgba(images, channels)"
        np.testing.assert_array_equal(language.run(code, rgba[None], channels=channels)[0], expected)
        shown = Image.fromarray(expected[..., 0] if channels == 1 else expected).convert("RGBA")
        np.testing.assert_array_equal(language.run("return toRgba(images)", expected[None])[0], np.asarray(shown))

    def test_grey_levels_and_numbers_are_pythons(self, language):
        levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
        numbers = language.run("return toFloat(images)", levels)
        np.testing.assert_array_equal(numbers, serving.common.images.to_float(levels))
        values = np.random.default_rng(0).uniform(-1.2, 1.2, (1, 50, 50, 3)).astype(np.float32)
        received = language.run("return toUint8(images)", values)
        np.testing.assert_array_equal(received, serving.common.images.to_uint8(values))
