"""Wishes that cannot be met and damaged bundles, in Node and in Chromium: each is refused in one line."""

from __future__ import annotations

import hashlib
import json
import re
import shutil

import onnx
import pytest

from tests.serving.languages import javascript, labelled, node
from tests.translators import noise

LANGUAGES = ["node", "chromium"]


def changed(bundle, change):
    """A bundle whose manifest is another."""
    document = json.loads((bundle / "manifest.json").read_text())
    change(document)
    (bundle / "manifest.json").write_text(json.dumps(document))
    return bundle


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
            ("s.sample(1, { seed: 7.5 })", "`seed` must be a 64-bit integer, as a bigint beyond 2^53. Received: 7.5."),
            ("s.sample(2 ** 50)", f"`n` must be so small that all rows fit into memory. Received: {2**50}."),
            ("s.latents(2 ** 50)", f"`n` must be so small that all rows fit into memory. Received: {2**50}."),
            (
                "s.decode({ data: Float32Array.of(1, 2, NaN, 4, 5, 6), size: 6 }, { labels: [0] })",
                "`latents` must be finite. Received: NaN or Infinity.",
            ),
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
        assert javascript.refusal(language, lambda: language.run(code, place=language.place(by_class))) == message

    def test_a_class_that_must_be_given_and_a_truncation_that_is_not_taken(self, language, by_class, vae_bundle):
        given = noise(4, 5)[None]
        message = javascript.refusal(language, lambda: language.reconstruct(by_class, given))
        assert re.fullmatch(r"the encoder of .* must be given `labels`. Received: no labels.", message)
        message = javascript.refusal(language, lambda: language.sample(vae_bundle, 1, 1, truncation=0.5))
        assert re.fullmatch(r"`truncation` must be left out for .*, whose noise takes none. Received: 0.5.", message)

    @pytest.mark.parametrize(
        "call",
        [
            "s.sample(2, { labels: [0, 0] })",
            "s.latents(2, { labels: [0, 0] })",
            "s.decode({ data: new Float32Array(4), size: 2 }, { labels: [0, 0] })",
        ],
    )
    def test_labels_that_no_network_takes(self, language, vae_bundle, call):
        code = f"const s = await Sampler.open(place); await {call}"
        message = javascript.refusal(language, lambda: language.run(code, place=language.place(vae_bundle)))
        assert re.fullmatch(
            r"`labels` must be left out for .*, whose networks take no class. Received: 2 labels.", message
        )

    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("t.translate(image(8, 8, 1))", "`images` must have 3 channels. Received: 1."),
            ("t.translate(image(8, 1, 3))", "a picture must have sides of at least 2 pixels. Received: 1x8."),
            ("t.translate(toFloat(image(8, 8, 3)))", "`images` must be uint8. Received: Float32Array."),
            ("t.translate(image(8, 8, 3), 'c')", r"`to` must be a domain that .* translates to: b. Received: \"c\"."),
            ("Translator.open(place, { tile: 7 })", "`tile` must be an integer of at least 8. Received: 7."),
            ("Translator.open(place, { threads: 0 })", "`threads` must be an integer of at least 1. Received: 0."),
            (
                "Translator.open(place, { threads: 2e3 })",
                "`threads` must be an integer of at most 1024. Received: 2000.",
            ),
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
        received = javascript.refusal(language, lambda: language.run(code, place=language.place(bundles["inverting"])))
        assert re.fullmatch(message, received)

    def test_what_a_bundle_cannot_do(self, language, bundles, vae_bundle):
        message = javascript.refusal(language, lambda: language.translate(vae_bundle, noise(8, 8)))
        assert message.endswith('must translate. Received: a bundle of "vae".')
        message = javascript.refusal(language, lambda: language.sample(bundles["fixed"], 1, 1))
        assert message.endswith('must have the network "noise". Received: a bundle with a_to_b.')
        message = javascript.refusal(language, lambda: language.translate(bundles["both"], noise(8, 8)))
        assert message.endswith("translates to: a or b. Received: undefined.")

    def test_an_altered_file(self, language, copied):
        path = copied / "decoder.onnx"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        message = javascript.refusal(language, lambda: language.sample(copied, 1, 1))
        received = hashlib.sha256(content).hexdigest()
        assert re.search(rf"decoder\.onnx must have the SHA-256 \w+\. Received: {received}\.", message)

    @pytest.mark.parametrize("more", [-1, 1, 100_000])
    def test_a_truncated_or_inflated_file(self, language, copied, more):
        path = copied / "decoder.onnx"
        content = path.read_bytes()
        path.write_bytes(content[:more] if more < 0 else content + bytes(more))
        message = javascript.refusal(language, lambda: language.sample(copied, 1, 1))
        assert re.search(
            rf"decoder\.onnx must have (at most )?{len(content)} bytes\. Received: \d+( or more)?\.", message
        )

    def test_a_missing_file(self, language, copied):
        (copied / "decoder.onnx").unlink()
        message = javascript.refusal(language, lambda: language.sample(copied, 1, 1))
        assert re.search(r"decoder\.onnx must be .*\. Received: (no such file|status 404)\.", message)

    def test_a_newer_format(self, language, copied):
        changed(copied, lambda manifest: manifest.update(format_version=4, new=1))
        message = javascript.refusal(language, lambda: language.sample(copied, 1, 1))
        assert re.search(r"format_version must be at most 3\. Received: 4\. .*update keras-gen", message)

    def test_no_bundle(self, language, tmp_path):
        message = javascript.refusal(language, lambda: language.sample(tmp_path, 1, 1))
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
        message = javascript.refusal(language, lambda: language.sample(bundle, 1, 1))
        assert message.endswith('must read no other file than model.weights. Received: one that reads "worker.mjs".')
        changed(bundle, lambda manifest: manifest["networks"]["decoder"].update(weights=None))
        message = javascript.refusal(language, lambda: language.sample(bundle, 1, 1))
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
        message = javascript.refusal(language, lambda: language.sample(copied, 1, 1))
        assert message.endswith(f'operators of ONNX that compute numbers from numbers. Received: "{received}".')

    def test_weights_that_end_too_early(self, language, folder):
        """By the hash they are the manifest's, and yet not what the network needs."""
        bundle = labelled.write(folder / f"short_{type(language).__module__}", beside=True, version=2)
        content = (bundle / "model.weights").read_bytes()[:100]
        entry = labelled.stored(bundle, "model.weights", content)
        changed(bundle, lambda manifest: manifest["networks"]["decoder"].update(weights=entry))
        changed(bundle, lambda manifest: manifest["networks"]["encoder"].update(weights=entry))
        message = javascript.refusal(language, lambda: language.sample(bundle, 1, 1))
        assert re.search(r"must read the 100 bytes of model\.weights\. Received: up to \d{4}\.$", message)

    def test_an_opset_that_the_runtime_does_not_know(self, language, copied):
        model = onnx.load(copied / "decoder.onnx")
        model.opset_import[0].version = 99
        entry = labelled.stored(copied, "decoder.onnx", model.SerializeToString())
        changed(copied, lambda manifest: manifest["networks"]["decoder"].update(entry))
        message = javascript.refusal(language, lambda: language.sample(copied, 1, 1))
        assert re.search(
            r"must be a model that onnxruntime 1\.\d+\.\d+ opens for \w+\. Received: .*opset 99: ", message
        )

    def test_a_model_with_other_inputs_than_the_manifests(self, language, copied):
        changed(copied, lambda manifest: manifest["networks"]["decoder"]["inputs"].pop("label"))
        message = javascript.refusal(language, lambda: language.sample(copied, 1, 1))
        assert message.endswith("decoder.onnx must take latent, as the manifest says. Received: label, latent.")

    def test_classes_that_the_manifest_does_not_name(self, language, copied):
        changed(copied, lambda manifest: manifest.update(classes=[]))
        message = javascript.refusal(language, lambda: language.sample(copied, 1, 1))
        assert message == "a model that is told the class must know classes. Received: one that knows none."

    def test_an_execution_provider_that_is_not_there(self, language, vae_bundle):
        code = "return (await Sampler.open(place, { providers: ['abacus'] })).sample(1)"
        message = javascript.refusal(language, lambda: language.run(code, place=language.place(vae_bundle)))
        assert re.search(r"decoder\.onnx must be a model that onnxruntime .* opens for abacus\. Received: ", message)

    def test_links_that_lead_out(self, copied, app, tmp_path):
        """Which pages never see."""
        outside = shutil.move(copied / "decoder.onnx", tmp_path / "decoder.onnx")
        (copied / "decoder.onnx").symlink_to(outside)
        runner = node.Language(app)
        try:
            message = javascript.refusal(runner, lambda: runner.sample(copied, 1, 1))
        finally:
            runner.close()
        assert message.endswith(f"of its model hub's cache. Received: a link to {outside}.")
