"""What becomes of a wish for a GPU where there is none, or one that does not work."""

from __future__ import annotations

import logging

import numpy as np
import onnxruntime
import pytest

import serving
from serving import InputError
from serving.runtime import providers
from tests.handmade import NUMBERS, inside, product

MODEL = product(inside()).SerializeToString()
ROWS = np.eye(4, dtype=np.float32)
GPU_BUILD = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
DRIVER = providers.nvidia_driver_present()


def create(chain):
    return onnxruntime.InferenceSession(MODEL, providers=chain, enable_fallback=0)


def opened(provider, make=create, graphs=False):
    session, execution = providers.open_on(provider, make, graphs)
    np.testing.assert_array_equal(session.run(["y"], {"x": ROWS})[0], NUMBERS)
    return execution


@pytest.fixture
def built(monkeypatch):
    """A build of ONNX Runtime for the given providers, beside a driver or none."""

    def build(*names, driver=True):
        present = [providers.PROVIDERS[name] for name in names]
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: present)
        monkeypatch.setattr(providers, "nvidia_driver_present", lambda: driver)

    return build


def test_the_cpu_takes_everything():
    execution = opened("cpu")
    assert (execution.provider, execution.device, str(execution)) == ("cpu", "cpu", "runs on cpu")


def test_why_nothing_faster_was_taken_is_said(built, caplog):
    caplog.set_level(logging.DEBUG, "serving")
    built("cpu")
    said = str(opened("auto"))
    assert said == "runs on cpu, not on tensorrt or cuda: this ONNX Runtime was built without it"
    built("tensorrt", "cuda", "cpu", driver=False)
    said += str(opened("auto"))
    assert said.endswith("runs on cpu, not on tensorrt or cuda: there is no NVIDIA driver")
    assert "".join(record.getMessage() for record in caplog.records) == said
    assert [record.levelname for record in caplog.records] == ["INFO", "DEBUG"]


@pytest.mark.skipif(not GPU_BUILD or DRIVER, reason="needs an ONNX Runtime for CUDA where CUDA is not")
def test_a_gpu_that_does_not_start_is_said_louder(built, caplog):
    """The real providers, whose libraries are not here, as if there were a driver."""
    built("tensorrt", "cuda", "cpu")
    execution = opened("auto")
    assert execution.provider == "cpu"
    assert "libnvinfer.so.10 is not installed" in execution.refused["tensorrt"]
    assert "it failed to start (Failed to load lib" in execution.refused["cuda"]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    with pytest.raises(InputError, match=r"provider 'cuda' must be one that runs here. Received: it failed to start"):
        opened("cuda")


def test_a_provider_that_was_asked_for_is_taken_or_refused(built):
    built("cuda", "cpu", driver=False)
    for name, reason in (("tensorrt", "this ONNX Runtime was built without it"), ("cuda", "there is no NVIDIA driver")):
        with pytest.raises(InputError, match=rf"provider {name!r} must be one that runs here. Received: {reason}\."):
            opened(name)
    with pytest.raises(InputError, match="Did you mean 'cuda'?"):
        opened("cudaa")


class _Pretending:
    """A session of the CPU that says that it is another one."""

    def __init__(self, chain):
        self.session = create(["CPUExecutionProvider"])
        self.names = [name for name, _ in chain]

    def get_providers(self):
        return self.names

    def run(self, *arguments):
        return self.session.run(*arguments)


def test_the_first_that_starts_is_taken(built, monkeypatch):
    """With a chain in which slower ones compute what it cannot."""
    built("tensorrt", "cuda", "cpu")
    monkeypatch.setattr(providers, "TENSORRT_LIBRARY", "libc.so.6")
    chains = []

    def pretend(chain):
        chains.append(chain)
        if chain[0][0].startswith("Tensorrt"):
            raise RuntimeError("no engine\nfor this")
        return _Pretending(chain)

    execution = opened("auto", pretend)
    assert (execution.provider, execution.device) == ("cuda", "cuda")
    assert str(execution) == "runs on cuda, not on tensorrt: it failed to start (no engine for this)"
    names = [[name for name, _ in chain] for chain in chains]
    assert names == [list(providers.PROVIDERS.values()), list(providers.PROVIDERS.values())[1:]]


def test_a_network_that_cuda_cannot_record_runs_without(built):
    built("cuda", "cpu")
    tried = []

    def pretend(chain):
        tried.append(chain[0][1])
        if chain[0][1]:
            raise RuntimeError("not all nodes")
        return _Pretending(chain)

    assert opened("cuda", pretend, graphs=True).provider == "cuda"
    assert tried == [{"enable_cuda_graph": "1"}, {}]


def test_a_bundle_says_what_it_runs_on(vae_bundle):
    sampler = serving.load(vae_bundle, provider="cpu")
    assert sampler.execution == providers.Execution("cpu")
    expected = "cpu" if not (GPU_BUILD and DRIVER) else serving.load(vae_bundle).execution.provider
    assert serving.load(vae_bundle).execution.provider == expected
