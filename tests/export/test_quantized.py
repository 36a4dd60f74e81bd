"""Networks in smaller numbers: what becomes smaller, and what is refused."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest

import export
import serving
from export.quantized import quantized
from keras_gen.cli import main
from serving import InputError
from serving.common.images import to_float
from tests.export.graph.graphs import graph, noise, operators
from tests.serving.languages.families import FAMILIES, write_family


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A translator of one step, and what it was trained on."""
    place = tmp_path_factory.mktemp("quantized")
    words = ["train", "cyclegan", "--data", "textured:digits", "--out", str(place / "run"), "--batch_size", "50"]
    words += ["--model.generator", "{name: resnet, filters: 8, blocks: 1}", "--epochs", "1"]
    words += ["--model.discriminator", "{name: patchgan, receptive_field: 16, filters: 4}"]
    assert main(words) == 0
    return place / "run"


def psnr(one, other):
    return 10 * np.log10(4 / np.square(to_float(one).astype(np.float64) - to_float(other)).mean())


def test_16_bits_are_half_the_bytes_and_the_same_pictures(tmp_path):
    """The pictures of a seed, from the decoder and from the sampler, whose noise stays in float32."""
    bundles = [
        write_family("vae_gan", tmp_path / name, quantize=wish)
        for name, wish in (("whole", None), ("half", export.Wish("fp16", 40.0)))
    ]
    sizes = [sum(path.stat().st_size for path in bundle.glob("*.weights")) for bundle in bundles]
    assert sizes[1] <= 0.6 * sizes[0]
    whole, half = (serving.load(bundle) for bundle in bundles)
    assert set(half.manifest.quantization) == {"decoder", "sampler"}
    facts = half.manifest.quantization["decoder"]
    assert (facts.kind, facts.at_least) == ("fp16", 40.0)
    assert facts.psnr >= 40.0
    assert f"`decoder.onnx` is in fp16, its pictures at {facts.psnr:g} dB" in (bundles[1] / "README.md").read_text()
    np.testing.assert_array_equal(half.latents(5, seed=3), whole.latents(5, seed=3))
    assert psnr(half.sample(16, seed=3), whole.sample(16, seed=3)) >= 40.0
    session = onnxruntime.InferenceSession(bundles[1] / "sampler.onnx", providers=["CPUExecutionProvider"])
    (drawn,) = session.run(["image"], {"seed": np.array(3), "n": np.array(16)})
    assert np.abs(drawn.astype(int) - half.sample(16, seed=3)).max() <= 1


def test_weights_in_16_bits_take_the_encoder_along_and_leave_what_they_compute_with(tmp_path):
    """Decoder and sampler share them; the encoder is held to its codes, measured on pictures."""
    height, width, channels = FAMILIES["vae_gan"]["image_shape"]
    pictures = np.random.default_rng(0).integers(0, 256, (40, height, width, channels), np.uint8)
    np.savez(tmp_path / "pictures.npz", images=pictures)
    wishes = {"whole": None, "half": export.Wish("fp16-weights", 50.0, f"npz:{tmp_path / 'pictures.npz'}")}
    whole, half = (
        serving.load(write_family("vae_gan", tmp_path / name, quantize=wish)) for name, wish in wishes.items()
    )
    facts = half.manifest.quantization
    assert set(facts) == {"encoder", "decoder", "sampler"}
    assert {(each.kind, each.weights_only, each.at_least) for each in facts.values()} == {("fp16", True, 50.0)}
    sizes = [(bundle / "decoder.weights").stat().st_size for bundle in (tmp_path / "whole", tmp_path / "half")]
    assert sizes[1] <= 0.6 * sizes[0]
    assert "`encoder.onnx` has fp16 weights, its outputs at " in (tmp_path / "half" / "README.md").read_text()
    codes = [bundle.encode(pictures) for bundle in (whole, half)]
    error = np.sqrt(np.square(codes[1] - codes[0]).mean())
    assert 20 * np.log10(np.abs(codes[0]).max() / error) >= 50.0
    assert np.abs(half.sample(16, seed=3).astype(int) - whole.sample(16, seed=3)).max() <= 1


CONVOLUTION = """g (float[n, h, w, 16] image) => (float[n, h, w, 16] translation) {
    first = Transpose<perm = [0, 3, 1, 2]>(image)
    made = Conv<pads = [1, 1, 1, 1]>(first, kernel)
    bounded = Tanh(made)
    translation = Transpose<perm = [0, 2, 3, 1]>(bounded)
}"""


def convolution(channels=16, side=64):
    kernel = noise(channels, channels, 3, 3) * 0.1
    model = graph(CONVOLUTION.replace("16", str(channels)), kernel=kernel)
    return model, [{"image": np.tanh(noise(1, side, side, channels, seed=seed))} for seed in range(4)]


def test_8_bits_are_for_what_gains_by_them():
    """A convolution of many channels is faster in 8 bits where there are instructions for it, and elsewhere it
    is left alone."""
    model, feeds = convolution(channels=128)
    smaller = quantized("a_to_b", model, feeds, export.Wish("int8", 20.0))
    assert smaller.time is not None
    if smaller.graph is None:
        assert smaller.time >= 1
        return
    assert smaller.time < 1
    assert smaller.facts.psnr >= 20.0
    assert "QuantizeLinear" in operators(smaller.graph)
    assert len(smaller.graph.SerializeToString()) < 0.4 * len(model.SerializeToString())


def test_rounded_weights_are_computed_with_in_float32():
    """Bit for bit what NumPy's rounding of them gives; what 16 bits cannot hold stays."""
    kernel = noise(16, 16, 3, 3) * 0.1
    feed = {"image": np.tanh(noise(1, 64, 64, 16))}
    for factor, stored in ((1.0, kernel.astype(np.float16).astype(np.float32)), (1e7, kernel * np.float32(1e7))):
        model, expected = (graph(CONVOLUTION, kernel=each) for each in (kernel * np.float32(factor), stored))
        smaller = quantized("a_to_b", model, [feed, feed], export.Wish("fp16-weights", 40.0)).graph
        sessions = [
            onnxruntime.InferenceSession(each.SerializeToString(), providers=["CPUExecutionProvider"])
            for each in (smaller, expected)
        ]
        np.testing.assert_array_equal(*(session.run(None, feed)[0] for session in sessions))
        assert ("Cast" in operators(smaller)) == (factor == 1.0)


@pytest.mark.parametrize("kind", ["int8", "fp16", "fp16-weights"])
def test_pictures_that_differ_more_than_asked_are_refused_with_the_figure(kind):
    model, feeds = convolution()
    with pytest.raises(export.QualityError, match=rf"'a_to_b' in {kind} must .* at 200 dB. Received: \d+\.\d dB"):
        quantized("a_to_b", model, feeds, export.Wish(kind, 200.0))


def test_the_figure_is_that_of_the_worst_picture():
    model, feeds = convolution()
    smaller = quantized("a_to_b", model, feeds, export.Wish("fp16", 20.0))
    sessions = [
        onnxruntime.InferenceSession(each.SerializeToString(), providers=["CPUExecutionProvider"])
        for each in (model, smaller.graph)
    ]
    made = [[session.run(None, feed)[0] for feed in feeds[2:]] for session in sessions]
    assert smaller.facts.psnr == pytest.approx(min(map(psnr, *made)), abs=0.01)
    assert smaller.time is None


def test_a_translator_is_measured_on_pictures_of_both_domains(run, tmp_path, capsys):
    words = ["export", str(run), "--out", str(tmp_path / "bundle"), "--quantize", "fp16"]
    assert main([*words, "--calibrate", "textured:digits", "--examples", "textured:digits"]) == 0
    assert "b_to_a_tile: fp16, at least" in capsys.readouterr().out
    manifest = serving.Manifest.read(tmp_path / "bundle")
    assert set(manifest.quantization) == {"a_to_b", "a_to_b_tile", "b_to_a", "b_to_a_tile"}
    for name in manifest.networks:
        types = {tensor.data_type for tensor in onnx.load(tmp_path / "bundle" / f"{name}.onnx").graph.initializer}
        assert onnx.TensorProto.FLOAT16 in types
    pictures = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    assert serving.load(tmp_path / "bundle").translate(pictures, "b").shape == pictures.shape
    assert {domain: shown.count for domain, shown in manifest.examples.items()} == {"a": 8, "b": 8}
    assert main(["info", str(tmp_path / "bundle")]) == 0
    assert "8 pictures of domain b, of " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--quantize", "fp16"], 2, "`calibrate` must be a data set"),
        (["--quantize", "fp16", "--least_psnr", "0"], 2, "`least_psnr` must be above 0 dB. Received: 0.0."),
        (["--quantize", "int8", "--target", "cpu"], 2, "--quantize must be left out with --target cpu"),
        (["--quantize", "fp16", "--calibrate", "digits"], 2, "two domains must be"),
        (["--quantize", "fp16", "--calibrate", "textured:digits", "--least_psnr", "300"], 1, "at 300 dB. Received: "),
    ],
)
def test_bad_wishes_are_one_line_and_nothing_is_written(run, tmp_path, capsys, words, code, message):
    assert main(["export", str(run), "--out", str(tmp_path / "bundle"), *words]) == code
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert message in line
    assert not (tmp_path / "bundle").exists()


def test_an_unknown_number_is_refused():
    with pytest.raises(InputError, match="`quantize` must be one of int8, fp16, fp16-weights. Received: 'int4'"):
        export.Wish("int4")


def test_an_autoencoder_s_decoder_is_measured_on_codes(tmp_path):
    """It has no prior to draw latents from."""
    height, width, _ = FAMILIES["autoencoder"]["image_shape"]
    np.savez(tmp_path / "pictures.npz", images=np.random.default_rng(0).integers(0, 256, (40, height, width), np.uint8))
    wish = export.Wish("fp16", 40.0, f"npz:{tmp_path / 'pictures.npz'}")
    bundle = write_family("autoencoder", tmp_path / "bundle", quantize=wish)
    assert set(serving.Manifest.read(bundle).quantization) == {"decoder"}
