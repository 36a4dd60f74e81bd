"""ONNX Runtime sessions over the verified files of a bundle."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from serving.errors import InputError, require_among, require_at_least
from serving.manifest import Manifest, Network, Weights
from serving.onnx_contents import Contents
from serving.operators import DOMAINS
from serving.runtime import check_release, load_runtime
from serving.safety import check_network, check_self_contained
from serving.signature import check_signature
from serving.verified import check_present, read_verified, stored_files

if TYPE_CHECKING:
    import onnxruntime

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}


class Sessions:
    """The networks of a bundle, each opened when it is first used.

    Args:
        bundle: the folder.
        manifest: its manifest.
        provider: as in `session_of`.
        threads: as in `session_of`.

    Raises:
        InputError: a missing or truncated file.
    """

    def __init__(self, bundle: Path, manifest: Manifest, provider: str, threads: int | None) -> None:
        for stored in stored_files(manifest):
            check_present(bundle, stored)
        self.bundle = bundle
        self.manifest = manifest
        self.provider = provider
        self.threads = threads
        self._opened: dict[str, onnxruntime.InferenceSession] = {}
        self._weights: dict[Weights, bytes] = {}

    def of(self, name: str, small: bool = False) -> onnxruntime.InferenceSession:
        """The session of a network that the bundle has; a small one runs on the CPU in one thread: a pool of its own,
        waiting for work, would slow the others down."""
        if name not in self._opened:
            provider, threads = ("cpu", 1) if small else (self.provider, self.threads)
            network = self.manifest.networks[name]
            path = self.bundle / network.file
            content, weights = read_verified(self.bundle, network), self._weights_of(network)
            contents = check_network(content, {file: len(numbers) for file, numbers in weights.items()}, path)
            session = _open(content, contents, weights, provider, threads, path)
            check_signature(session, network, path)
            self._opened[name] = session
            self._forget_weights()
        return self._opened[name]

    def _weights_of(self, network: Network) -> dict[str, bytes]:
        """The content of the file beside a network, which is read and hashed once for all that share it."""
        weights = network.weights
        if weights is None:
            return {}
        if weights not in self._weights:
            self._weights[weights] = read_verified(self.bundle, weights)
        return {weights.file: self._weights[weights]}

    def _forget_weights(self) -> None:
        """Lets go of what every network that shares it has got: a session has a copy of its own."""
        waiting = {network.weights for name, network in self.manifest.networks.items() if name not in self._opened}
        self._weights = {weights: content for weights, content in self._weights.items() if weights in waiting}


def session_of(
    content: bytes, provider: str = "auto", threads: int | None = None, where: str = "the network"
) -> onnxruntime.InferenceSession:
    """Opens the content of an ONNX file from anywhere, which has all its numbers inside.

    Args:
        content: of the file.
        provider: `cpu`, `cuda`, `tensorrt`, or `auto`: CUDA where the driver is there, else the CPU.
        threads: CPU threads inside an operator; all cores by default.
        where: the file, for messages.

    Raises:
        InputError: what is no network or needs another file; a provider that is unknown or not present.
    """
    return _open(content, check_self_contained(content, where), {}, provider, threads, where)


def _open(
    content: bytes,
    contents: Contents,
    weights: Mapping[str, bytes],
    provider: str,
    threads: int | None,
    where: object,
) -> onnxruntime.InferenceSession:
    """A session over what was checked; numbers beside the network come from the bytes of `weights`."""
    runtime = load_runtime()
    opset = max((version for domain, version in contents.opsets if domain in DOMAINS), default=0)
    check_release(opset, contents.ir_version, runtime.__version__, where)
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    # It would also take its own format by the look of the bytes, of which nothing was checked.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    if threads is not None:
        require_at_least(1, threads=threads)
        options.intra_op_num_threads = threads
    if weights:
        names, parts = list(weights), list(weights.values())
        options.add_external_initializers_from_files_in_memory(names, parts, list(map(len, parts)))
    chain = _provider_chain(provider)
    try:
        return runtime.InferenceSession(content, options, providers=chain)
    except Exception as error:  # ONNX Runtime's errors have no class of their own in common
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{where} must be a network that ONNX Runtime opens. Received: {reason}") from error


def _provider_chain(provider: str) -> list[str]:
    require_among(("auto", *PROVIDERS), provider=provider)
    present = load_runtime().get_available_providers()
    if provider == "auto":
        cuda = PROVIDERS["cuda"] in present and _nvidia_driver_present()
        return [PROVIDERS["cuda"], PROVIDERS["cpu"]] if cuda else [PROVIDERS["cpu"]]
    if PROVIDERS[provider] not in present or (provider != "cpu" and not _nvidia_driver_present()):
        raise InputError(
            f"provider {provider!r} needs an ONNX Runtime built for it and an NVIDIA driver. "
            f"Received: providers {', '.join(present)}, "
            f"driver {'present' if _nvidia_driver_present() else 'absent'}."
        )
    return [PROVIDERS[provider], PROVIDERS["cpu"]] if provider != "cpu" else [PROVIDERS["cpu"]]


def _nvidia_driver_present() -> bool:
    """The GPU wheel lists CUDA everywhere and prints errors when asked for it without a driver."""
    if sys.platform == "win32":
        return (Path("C:/Windows/System32/nvcuda.dll")).exists()
    return Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidiactl").exists()
