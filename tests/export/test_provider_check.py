"""Pictures of another provider, measured before a bundle is written."""

from __future__ import annotations

import json

import numpy as np
import onnxruntime
import pytest

import export
import serving
from export import assembly, provider_check
from keras_gen.cli import main
from serving import InputError

INSTALLED = "OpenVINOExecutionProvider" in onnxruntime.get_available_providers()
APART = 8
# Of pictures that are 8 of 255 grey levels apart everywhere.
PSNR = 20 * np.log10(255 / APART)


class _Apart:
    """A session whose pictures are some grey levels darker or lighter."""

    def __init__(self, session):
        self.session = session

    def __getattr__(self, name):
        return getattr(self.session, name)

    def run(self, names, feed):
        (image,) = self.session.run(names, feed)
        return [np.where(image < 128, image + APART, image - APART).astype(np.uint8)]


@pytest.fixture
def other(monkeypatch):
    """An OpenVINO that computes as the CPU does, and in bfloat16 something else."""

    def session(content, settings):
        opened = real(content, provider_check.ON_CPU)
        return _Apart(opened) if settings.precision == "bfloat16" else opened

    real = provider_check.session_of
    monkeypatch.setattr(provider_check, "session_of", session)
    monkeypatch.setattr(assembly, "require_present", lambda provider: None)


def test_what_was_measured_is_stated(small_vae, tmp_path, other, capsys):
    lines = []
    check = export.ProviderCheck("openvino", 30.0)
    bundle = export.export_bundle(small_vae, tmp_path / "b", say=lines.append, check_provider=check)
    found = serving.Manifest.read(bundle).providers
    assert found == {"openvino": {"decoder": {"float32": 999.0, "bfloat16": pytest.approx(PSNR, abs=0.01)}}}
    assert lines == ["decoder: on openvino, float32 at least 999.0 dB, bfloat16 at least 30.1 dB"]
    assert (
        "On openvino, pictures of `decoder` are from the CPU's: 999 dB in float32, 30.07 dB in bfloat16"
        in (bundle / "README.md").read_text()
    )
    assert main(["info", str(bundle)]) == 0
    assert "on openvino: PSNR against the CPU in float32: float32 999.0 dB, bfloat16 30.1 dB" in capsys.readouterr().out


def test_pictures_that_differ_are_not_written(small_vae, tmp_path, other):
    with pytest.raises(
        export.QualityError, match=r"'decoder' on openvino in bfloat16 must .* 40 dB. Received: 30.1 dB"
    ):
        export.export_bundle(small_vae, tmp_path / "b", check_provider=export.ProviderCheck("openvino"))
    assert not (tmp_path / "b").exists()


def test_what_cannot_be_checked_is_named():
    with pytest.raises(InputError, match="`least_psnr` must be above 0 dB"):
        export.ProviderCheck("openvino", 0.0)
    with pytest.raises(InputError, match="`check_provider` must be"):
        export.ProviderCheck("cuda")


@pytest.mark.skipif(INSTALLED, reason="needs an ONNX Runtime without OpenVINO")
def test_a_provider_that_is_not_installed_is_named_before_anything_is_converted(tmp_path, capsys):
    words = ["export", "runs/nowhere.keras", "--out", str(tmp_path / "b"), "--check-provider", "openvino"]
    assert main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "provider 'openvino' must be one that runs here" in line
    assert "pip install 'keras-gen[serve-openvino]'" in line


@pytest.mark.skipif(not INSTALLED, reason="needs the package onnxruntime-openvino")
def test_the_real_one(small_vae, tmp_path):
    bundle = export.export_bundle(small_vae, tmp_path / "b", check_provider=export.ProviderCheck("openvino"))
    found = json.loads((bundle / "manifest.json").read_text())["providers"]["openvino"]["decoder"]
    assert found["float32"] > 60
    assert 40 <= found["bfloat16"] <= found["float32"]
