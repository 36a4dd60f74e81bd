"""The provider of OpenVINO: what it is told, what it refuses, and pictures, where its package is installed."""

from __future__ import annotations

import json
import logging

import numpy as np
import onnxruntime
import pytest

import serving
from serving import InputError, Settings
from serving.runtime import installed, openvino, providers
from serving.runtime.sessions import Sessions

INSTALLED = openvino.EXECUTION_PROVIDER in onnxruntime.get_available_providers()
WHOLE = "session.disable_cpu_ep_fallback"
needs_openvino = pytest.mark.skipif(not INSTALLED, reason="needs the package onnxruntime-openvino")
PRECISIONS = ("float32", "bfloat16")


@pytest.fixture
def told(monkeypatch):
    """What ONNX Runtime is told of a network, opened by one that says that it has OpenVINO."""
    kept = []

    def session(content, options, providers, **others):
        if providers[0][0] == openvino.EXECUTION_PROVIDER:
            assert options.get_session_config_entry(WHOLE) == "1", "no part of it is left to another provider"
            options.add_session_config_entry(WHOLE, "0")
        kept.append(providers)
        return real(content, options, providers=["CPUExecutionProvider"], **others)

    real = onnxruntime.InferenceSession
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    monkeypatch.setattr(real, "get_providers", lambda self: [openvino.EXECUTION_PROVIDER])
    names = [openvino.EXECUTION_PROVIDER, "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: names)
    return kept


def precision_of(chain):
    ((name, options),) = chain
    assert (name, options["device_type"]) == ("OpenVINOExecutionProvider", "CPU")
    return json.loads(options["load_config"])["CPU"]["INFERENCE_PRECISION_HINT"]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_networks_of_pictures_take_the_precision_and_codes_stay_in_float32(vae_bundle, told, precision):
    sampler = serving.load(vae_bundle, provider="openvino", precision=precision, threads=3)
    sampler.reconstruct(sampler.sample(2, seed=1), shift=np.zeros(2))
    others = [chain for chain in told if chain[0][0] != "CPUExecutionProvider"]
    assert len(told) - len(others) == 2, "the noise, and the sum of codes and a shift"
    assert sorted(map(precision_of, others)) == sorted(["f32", "bf16" if precision == "bfloat16" else "f32"])
    assert all(chain[0][1]["num_of_threads"] == "3" for chain in others)


def test_what_runs_is_said(vae_bundle, told):
    said = [str(serving.load(vae_bundle, "openvino", precision=precision).execution) for precision in PRECISIONS]
    assert said == ["runs on openvino", "runs on openvino, pictures in bfloat16"]
    half = serving.load(vae_bundle, Settings("openvino", precision="bfloat16"))
    half.encode(np.zeros((1, 8, 8, 1), np.uint8))
    assert half.execution == providers.Execution("openvino", precision="bfloat16"), "whichever network is opened first"
    assert half.execution.device == "cpu"


def test_auto_does_not_take_it(vae_bundle, told):
    assert serving.load(vae_bundle).execution.provider == "cpu"


def test_a_bundle_without_pictures_has_no_other_precision(vae_bundle):
    manifest = serving.Manifest.read(vae_bundle)
    manifest.networks.pop("decoder"), manifest.networks.pop("sampler")
    with pytest.raises(InputError, match=r"`precision` must be float32 for .*makes pictures. Received: 'bfloat16'\."):
        Sessions(vae_bundle, Settings("openvino", precision="bfloat16"), manifest)


@pytest.mark.parametrize("provider", ["auto", "cpu", "cuda", "tensorrt"])
def test_no_other_provider_takes_a_precision(vae_bundle, provider):
    with pytest.raises(InputError, match=rf"must be float32 with provider '{provider}'; only 'openvino' computes in"):
        serving.load(vae_bundle, provider=provider, precision="bfloat16")
    assert Settings(provider, precision="float32").check() is None


class TestProcessors:
    @pytest.mark.parametrize(
        ("text", "warned"),
        [
            ("processor\t: 0\nflags\t\t: fpu avx512f avx512_bf16\n", False),
            ("flags\t\t: fpu amx_bf16 amx_tile\n", False),
            ("processor\t: 0\nFeatures\t: fp asimd bf16\n", False),
            ("flags\t\t: fpu avx2 avx512f\nvmx flags\t: vnmi\n", True),
            ("", False),
            (None, False),
        ],
    )
    def test_one_without_bfloat16_is_warned_of(self, vae_bundle, told, text, warned, tmp_path, monkeypatch, caplog):
        """Once, and not where nothing says what it has."""
        place = tmp_path / "cpuinfo"
        if text is not None:
            place.write_text(text)
        monkeypatch.setattr(openvino, "PROCESSOR", place)
        caplog.set_level(logging.WARNING, "serving")
        serving.load(vae_bundle, "openvino").warm_up(1)
        assert not caplog.records
        serving.load(vae_bundle, "openvino", precision="bfloat16").warm_up(1)
        assert ["slower than 'float32' here" in record.getMessage() for record in caplog.records] == [True] * warned


class TestPackages:
    @pytest.fixture
    def present(self, monkeypatch):
        """Makes packages of ONNX Runtime look installed."""

        def put(*names):
            monkeypatch.setattr(installed, "_is_installed", lambda name: name in names)

        return put

    @pytest.fixture
    def only_cpu(self, monkeypatch):
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])

    @pytest.mark.parametrize(
        ("provider", "extra"), [("openvino", "serve-openvino"), ("cuda", "serve"), ("tensorrt", "serve")]
    )
    def test_what_to_install_is_said(self, vae_bundle, present, only_cpu, provider, extra):
        present("onnxruntime")
        with pytest.raises(InputError) as caught:
            serving.load(vae_bundle, provider=provider).warm_up()
        said = str(caught.value)
        assert "\n" not in said
        assert said.endswith(f"pip uninstall -y onnxruntime && pip install 'keras-gen[{extra}]'.")
        present("onnxruntime", "onnxruntime-openvino")
        with pytest.raises(InputError, match="onnxruntime-openvino and onnxruntime overwrite each other"):
            serving.load(vae_bundle, provider=provider).warm_up()

    @pytest.mark.parametrize(
        ("names", "extra"),
        [
            (("onnxruntime-gpu", "onnxruntime"), "serve"),
            (("onnxruntime-openvino", "onnxruntime"), "serve-openvino"),
            (("onnxruntime-directml", "onnxruntime"), "serve-cpu"),
        ],
    )
    def test_two_are_warned_of(self, vae_bundle, present, only_cpu, caplog, names, extra):
        present("onnxruntime")
        serving.load(vae_bundle).warm_up(1)
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
        present(*names)
        serving.load(vae_bundle).warm_up(1)
        (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
        both = f"{' and '.join(names)} overwrite each other"
        assert both in record.getMessage()
        assert record.getMessage().endswith(f"pip uninstall -y {' '.join(names)} && pip install 'keras-gen[{extra}]'")

    def test_what_one_that_was_uninstalled_left_behind_is_refused(self, present, monkeypatch):
        present("onnxruntime-gpu")
        monkeypatch.delattr(onnxruntime, "InferenceSession")
        with pytest.raises(InputError, match=r"must be whole.*pip uninstall -y onnxruntime-gpu && pip install"):
            installed.load_runtime()


@needs_openvino
class TestPictures:
    """Against those of the CPU provider of the same package."""

    @pytest.mark.parametrize("n", [1, 2, 64, 70])
    def test_samples(self, vae_bundle, n):
        own, other = (serving.load(vae_bundle, provider) for provider in ("openvino", "cpu"))
        np.testing.assert_array_equal(own.latents(n, seed=5), other.latents(n, seed=5))
        np.testing.assert_allclose(own.sample(n, seed=5).astype(int), other.sample(n, seed=5), atol=1)
        half = serving.load(vae_bundle, "openvino", precision="bfloat16")
        np.testing.assert_allclose(half.sample(n, seed=5).astype(int), other.sample(n, seed=5), atol=8)
        codes = [model.encode(other.sample(n, seed=5)) for model in (own, half, other)]
        np.testing.assert_allclose(codes[0], codes[2], atol=1e-5)
        np.testing.assert_array_equal(codes[0], codes[1])

    @pytest.mark.parametrize("fixed_batches", [False, True])
    def test_classes(self, of_classes, fixed_batches):
        own = serving.load(of_classes, "openvino", fixed_batches=fixed_batches, threads=1)
        other = serving.load(of_classes, "cpu")
        for _ in range(2):
            np.testing.assert_allclose(own.sample(7, seed=2).astype(int), other.sample(7, seed=2), atol=1)

    @pytest.mark.parametrize("name", ["inverting", "centring", "grey"])
    @pytest.mark.parametrize("sides", [(32, 32), (40, 64), (50, 90)])
    def test_translations_of_any_size_and_in_tiles(self, bundles, name, sides):
        own, other = (serving.Translator(bundles[name], provider, tile=32) for provider in ("openvino", "cpu"))
        pictures = np.random.default_rng(0).integers(0, 256, (2, *sides, own.image.channels), np.uint8)
        np.testing.assert_allclose(own.translate(pictures).astype(int), other.translate(pictures), atol=1)

    def test_a_network_of_which_it_computes_a_part_is_refused(self, vae_bundle):
        """Its integers of 64 bits would be wrong."""
        with pytest.raises(
            InputError, match="provider 'openvino' must be one that runs here.*operators that OpenVINO does not"
        ):
            Sessions(vae_bundle, Settings("openvino")).of("noise")
