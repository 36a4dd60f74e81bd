from __future__ import annotations

import copy
import hashlib
import json
import os
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime
import pytest

import export
import serving
from serving import InputError
from serving.common.noise import standard_normal
from tests.translators import noise


@pytest.fixture
def sampler(vae_bundle):
    return serving.load(vae_bundle)


@pytest.fixture
def copied(vae_bundle, tmp_path):
    return shutil.copytree(vae_bundle, tmp_path / "copy")


def test_serving_loads_neither_tensorflow_nor_keras(vae_bundle):
    """In a process of its own, all the way to a picture."""
    program = (
        "import sys, serving; serving.load(sys.argv[1]).sample(2);"
        "print(sorted({'tensorflow', 'keras', 'keras_gen', 'export'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program, vae_bundle], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
    assert result.stderr == ""


def test_import_serving_does_not_load_onnxruntime():
    program = "import sys, serving; print('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.strip() == "False"


def test_samples_are_uint8_pictures(sampler):
    pictures = sampler.sample(5, seed=1)
    assert (pictures.shape, pictures.dtype) == ((5, 8, 8, 1), np.uint8)
    assert sampler.abilities == ("sample", "decode", "encode")


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 64, 1000])
def test_a_seed_gives_the_same_pictures_whatever_the_batch_size(sampler, batch_size):
    expected = sampler.sample(70, seed=9)
    np.testing.assert_array_equal(sampler.sample(70, seed=9, batch_size=batch_size), expected)
    np.testing.assert_array_equal(sampler.sample(11, seed=9, batch_size=batch_size), expected[:11])
    assert not np.array_equal(sampler.sample(70, seed=10, batch_size=batch_size), expected)


def test_parts_that_are_drawn_one_after_the_other_are_of_one_seed(sampler):
    """Latents are drawn in parts of 2^16 numbers."""
    n = 2**16 // 2 + 3
    last = standard_normal(seed=9, n=5, size=2, start=n - 5)
    np.testing.assert_allclose(sampler.latents(5, seed=9, start=n - 5), last, atol=1e-5)
    difference = np.abs(sampler.sample(n, seed=9)[-5:].astype(int) - sampler.decode(last))
    assert difference.max() <= 1


def test_plain_onnxruntime_draws_the_same_pictures(sampler, vae_bundle):
    session = onnxruntime.InferenceSession(vae_bundle / "sampler.onnx", providers=["CPUExecutionProvider"])
    (pictures,) = session.run(["image"], {"seed": np.array(9), "n": np.array(70)})
    np.testing.assert_array_equal(pictures, sampler.sample(70, seed=9))


def test_two_processes_draw_the_same_pictures(vae_bundle):
    program = (
        "import sys, hashlib, serving; print(hashlib.sha256(serving.load(sys.argv[1]).sample(65, seed=4)).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program, vae_bundle], capture_output=True, text=True, check=True, env=environment
        ).stdout
        for environment in (dict(os.environ), {**os.environ, "PYTHONHASHSEED": "5"})
    }
    assert len(digests) == 1


def test_a_stream_gives_the_same_pictures_in_pieces(sampler):
    pieces = list(sampler.stream(10, seed=2, batch_size=4))
    assert [len(piece) for piece in pieces] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate(pieces), sampler.sample(10, seed=2))


def test_decoding_the_seeds_latents_gives_its_samples(sampler):
    decoded = sampler.decode(standard_normal(seed=6, n=20, size=2), batch_size=8)
    assert np.abs(decoded.astype(int) - sampler.sample(20, seed=6)).max() <= 1


def test_encode_and_reconstruct_agree_with_keras(sampler, small_vae, pictures):
    grey = np.rint((pictures + 1) * 127.5).astype(np.uint8)
    codes = sampler.encode(grey, batch_size=10)
    expected, _ = small_vae.posterior_of(grey / np.float32(127.5) - 1)
    np.testing.assert_allclose(codes, expected, atol=1e-4)
    assert sampler.reconstruct(grey).shape == grey.shape


@pytest.mark.parametrize("fixed_batches", [False, True])
def test_codes_are_moved_between_encoder_and_decoder(vae_bundle, pictures, fixed_batches):
    sampler = serving.load(vae_bundle, provider="cpu", fixed_batches=fixed_batches)
    grey = np.rint((pictures[:11] + 1) * 127.5).astype(np.uint8)
    shift = np.array([0.5, -2], np.float32)
    expected = sampler.decode(sampler.encode(grey) + shift)
    np.testing.assert_array_equal(sampler.reconstruct(grey, batch_size=4, shift=shift), expected)
    np.testing.assert_array_equal(sampler.reconstruct(grey, batch_size=4), sampler.decode(sampler.encode(grey)))


@pytest.mark.parametrize("batch_size", [3, 8])
def test_fixed_batches_are_the_same_pictures(vae_bundle, sampler, batch_size):
    fixed = serving.load(vae_bundle, provider="cpu", fixed_batches=True)
    for seed in (1, 2):
        expected = sampler.sample(20, seed=seed)
        np.testing.assert_array_equal(fixed.sample(20, seed=seed, batch_size=batch_size), expected)
    pieces = list(fixed.stream(20, seed=2, batch_size=batch_size))
    np.testing.assert_array_equal(np.concatenate(pieces), expected)
    np.testing.assert_array_equal(fixed.encode(expected, batch_size), sampler.encode(expected))


def test_threads_that_sleep_draw_the_same_pictures(vae_bundle, sampler):
    awake = sampler.sample(9, seed=3)
    np.testing.assert_array_equal(serving.load(vae_bundle, spinning=False).sample(9, seed=3), awake)


def test_several_threads_may_draw_at_once(vae_bundle, sampler):
    expected = [sampler.sample(50, seed=seed, batch_size=7) for seed in range(6)]
    for fixed_batches in (False, True):
        shared = serving.load(vae_bundle, provider="cpu", fixed_batches=fixed_batches)
        with ThreadPoolExecutor(3) as pool:
            drawn = list(pool.map(lambda seed, one=shared: one.sample(50, seed=seed, batch_size=7), range(6)))
        np.testing.assert_array_equal(drawn, expected)


def test_warmed_up_nothing_is_read_any_more(copied):
    sampler = serving.load(copied, provider="cpu")
    sampler.warm_up(batch_size=2)
    shutil.rmtree(copied)
    pictures = sampler.sample(3)
    assert sampler.reconstruct(pictures).shape == pictures.shape


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda s: s.warm_up(0), "`batch_size` must be an integer of at least 1."),
        (lambda s: s.reconstruct(np.zeros((2, 8, 8, 1), np.uint8), shift=[1]), "`shift` must be 2 finite numbers"),
        (lambda s: s.reconstruct(np.zeros((2, 8, 8, 1), np.uint8), shift=[1, np.nan]), "2 finite numbers"),
        (lambda s: s.sample(0), "`n` must be an integer of at least 1. Received: 0."),
        (lambda s: s.sample(2.5), "`n` must be an integer"),
        (lambda s: s.stream(0), "`n` must be"),
        (lambda s: s.sample(1, batch_size=0), "`batch_size` must be an integer of at least 1."),
        (lambda s: s.sample(1, seed=2**63), "64-bit integer. Received: 9223372036854775808."),
        (lambda s: s.sample(1, seed=7.5), "`seed` must be a 64-bit integer. Received: 7.5."),
        (lambda s: s.stream(1, seed=None), "`seed` must be a 64-bit integer. Received: None."),
        (lambda s: s.latents(1, seed="7"), "`seed` must be a 64-bit integer. Received: '7'."),
        (lambda s: s.sample(10**18), f"so small that all rows fit into memory. Received: {10**18}, which take 6.4e+10"),
        (lambda s: s.latents(10**18), f"so small that all rows fit into memory. Received: {10**18}, which take 8e+09"),
        (lambda s: s.stream(10**30), f"`n` must be an integer of at most {2**63 - 1}. Received: {10**30}."),
        (lambda s: s.latents(1, start=-1), "`start` must be an integer of at least 0. Received: -1."),
        (lambda s: s.latents(2, start=2**63 - 2), f"`start` must be an integer of at most {2**63 - 3}."),
        (lambda s: s.sample(1, truncation="0.5"), "`truncation` must be above 0. Received: '0.5'."),
        (lambda s: s.decode([[0, 1], [np.nan, 1]]), "`latents` must be finite. Received: nan or inf in row 1."),
        (lambda s: s.decode([[0, 1e39]]), "`latents` must be finite. Received: nan or inf in row 0."),
        (lambda s: s.decode([["a", "b"]]), "`latents` must be numbers. Received: <U1."),
        (lambda s: s.decode([[0, 1], [0]]), "`latents` must be an array. Received: "),
        (lambda s: s.sample(2, labels=[0, 0]), "whose networks take no class. Received: 2 labels."),
        (lambda s: s.stream(2, labels=[0, 0]), "whose networks take no class. Received: 2 labels."),
        (lambda s: s.latents(2, labels=[0, 0]), "whose networks take no class. Received: 2 labels."),
        (lambda s: s.decode(np.zeros((2, 2)), labels=[0, 0]), "whose networks take no class. Received: 2 labels."),
        (lambda s: s.encode(np.zeros((1, 8, 8, 1), np.uint8), labels=[0]), "take no class. Received: 1 labels."),
        (lambda s: s.decode(np.zeros((2, 3))), "the shape (n, 2). Received: (2, 3)."),
        (lambda s: s.decode(np.zeros((0, 2))), "the shape (n, 2). Received: (0, 2)."),
        (lambda s: s.encode(np.zeros((2, 9, 8, 1), np.uint8)), "(n, 8, 8, 1). Received: (2, 9, 8, 1)."),
        (lambda s: s.encode(np.zeros((2, 8, 8, 1))), "must be uint8. Received: float64."),
    ],
)
def test_impossible_wishes_are_named(sampler, call, message):
    with pytest.raises(InputError) as error:
        call(sampler)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"provider": "cudaa"}, r"Received: 'cudaa'. Did you mean 'cuda'\?"),
        ({"provider": "gpu"}, r"Received: 'gpu'. Did you mean 'cuda'\?"),
        ({"provider": None}, "`provider` must be one of auto, cpu, cuda, tensorrt, openvino. Received: None"),
        ({"precision": "float16"}, "`precision` must be one of float32, bfloat16. Received: 'float16'"),
        ({"precision": "bfloat16"}, "`precision` must be float32 with provider 'auto'; only 'openvino' computes in"),
        ({"threads": 0}, "`threads` must be an integer of at least 1. Received: 0"),
        ({"threads": 10_000}, "`threads` must be an integer of at most 1024. Received: 10000"),
        ({"threads": 2.0}, "`threads` must be an integer of at least 1. Received: 2.0"),
    ],
)
def test_unknown_providers_and_threads_are_named_before_anything_is_opened(vae_bundle, bundles, options, message):
    for bundle in (vae_bundle, bundles["inverting"]):
        with pytest.raises(InputError, match=message):
            serving.load(bundle, **options)


def test_one_thread_is_enough(vae_bundle):
    assert serving.load(vae_bundle, provider="cpu", threads=1).sample(1).shape == (1, 8, 8, 1)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
class TestCopies:
    """After use, when networks are open that can be neither pickled nor copied."""

    def test_a_sampler_opens_its_networks_again(self, vae_bundle, copied, monkeypatch, tmp_path):
        monkeypatch.chdir(vae_bundle.parent)
        sampler = serving.load(vae_bundle.name, provider="cpu", threads=1, fixed_batches=True)
        drawn = sampler.sample(3, seed=2)
        moved = sampler.reconstruct(drawn, shift=[1, 0])
        monkeypatch.chdir(tmp_path)
        other = copied(sampler)
        np.testing.assert_array_equal(other.sample(3, seed=2), drawn)
        np.testing.assert_array_equal(other.reconstruct(drawn, shift=[1, 0]), moved)
        assert other.settings == sampler.settings
        assert other.bundle == vae_bundle

    def test_so_does_one_of_a_class(self, of_classes, copied):
        sampler = serving.load(of_classes).of_class(2)
        drawn = sampler.sample(4)
        other = copied(sampler)
        assert other.label == 2
        np.testing.assert_array_equal(other.sample(4), drawn)

    def test_and_a_translator(self, bundles, copied):
        translator = serving.Translator(bundles["both"], tile=32)
        pictures = noise(40, 50)[None]
        made = translator.translate(pictures, "a")
        other = copied(translator)
        assert other.tile == (32, 32)
        np.testing.assert_array_equal(other.translate(pictures, "a"), made)

    def test_files_are_verified_again(self, vae_bundle, tmp_path, copied):
        bundle = shutil.copytree(vae_bundle, tmp_path / "bundle")
        sampler = serving.load(bundle)
        sampler.sample(1)
        (bundle / "decoder.onnx").unlink()
        with pytest.raises(InputError, match=r"decoder\.onnx is named in the manifest. Received: no such file"):
            copied(sampler)


def test_of_one_class_shares_the_networks(of_classes):
    sampler = serving.load(of_classes)
    assert sampler.of_class(1)._networks is sampler._networks


def test_float_pictures_must_be_finite(small_vae, tmp_path):
    sampler = serving.load(export.export_bundle(small_vae, tmp_path / "floats", io="float"))
    pictures = np.zeros((2, 8, 8, 1), np.float32)
    pictures[1, 3, 4] = np.inf
    with pytest.raises(InputError, match="`images` must be finite. Received: nan or inf in row 1"):
        sampler.encode(pictures)


class TestDamage:
    def test_no_bundle(self, tmp_path):
        with pytest.raises(InputError, match="no such folder"):
            serving.load(tmp_path / "nowhere")
        with pytest.raises(InputError, match="a folder without one"):
            serving.load(tmp_path)

    def test_a_missing_file(self, copied):
        (copied / "decoder.onnx").unlink()
        with pytest.raises(InputError, match=r"decoder\.onnx is named in the manifest. Received: no such file"):
            serving.load(copied)

    def test_a_truncated_file(self, copied):
        path = copied / "decoder.onnx"
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(InputError, match=r"decoder\.onnx must have \d+ bytes. Received: \d+"):
            serving.load(copied)

    def test_an_altered_file(self, copied):
        path = copied / "decoder.onnx"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        received = hashlib.sha256(content).hexdigest()
        with pytest.raises(InputError, match=rf"must have the SHA-256 \w+. Received: {received}"):
            serving.load(copied).sample(1)

    def test_a_manifest_that_is_not_one(self, copied):
        (copied / "manifest.json").write_bytes(b"\xff\xfe{")
        with pytest.raises(InputError, match=r"manifest\.json: "):
            serving.load(copied)

    def test_a_network_that_the_bundle_does_not_have(self, copied):
        document = json.loads((copied / "manifest.json").read_text())
        del document["networks"]["encoder"]
        (copied / "manifest.json").write_text(json.dumps(document))
        sampler = serving.load(copied)
        assert sampler.abilities == ("sample", "decode")
        with pytest.raises(InputError, match="must have the network 'encoder'. Received: a bundle with"):
            sampler.encode(np.zeros((1, 8, 8, 1), np.uint8))


def test_settings_travel_whole_and_options_change_them(vae_bundle, bundles):
    given = serving.Settings("cpu", threads=1)
    for bundle, opened in ((vae_bundle, serving.Sampler), (bundles["inverting"], serving.Translator)):
        for loaded in (serving.load(bundle, given), opened(bundle, "auto", provider="cpu", threads=1)):
            assert isinstance(loaded, opened)
            assert loaded.execution.provider == "cpu"
            assert loaded.settings == given
        assert opened(bundle, given, threads=2).settings == serving.Settings("cpu", threads=2)
