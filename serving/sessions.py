"""ONNX Runtime sessions over the verified files of a bundle."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from serving.errors import InputError, require_among, require_at_least
from serving.manifest import Manifest, Network, Weights
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
            content, weights = read_verified(self.bundle, network), self._weights_of(network)
            self._opened[name] = session_of(content, provider, threads, weights)
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
    content: bytes,
    provider: str = "auto",
    threads: int | None = None,
    weights: Mapping[str, bytes] | None = None,
) -> onnxruntime.InferenceSession:
    """Opens the content of an ONNX file.

    Args:
        content: of the file.
        provider: `cpu`, `cuda`, `tensorrt`, or `auto`: CUDA where the driver is there, else the CPU.
        threads: CPU threads inside an operator; all cores by default.
        weights: name -> content of the files that its external data is in; no file is read.

    Raises:
        InputError: a provider that is unknown or not present. For what is no model, ONNX Runtime's own errors.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads is not None:
        require_at_least(1, threads=threads)
        options.intra_op_num_threads = threads
    if weights:
        names, contents = list(weights), list(weights.values())
        options.add_external_initializers_from_files_in_memory(names, contents, list(map(len, contents)))
    return onnxruntime.InferenceSession(content, options, providers=_provider_chain(provider))


def _provider_chain(provider: str) -> list[str]:
    import onnxruntime

    require_among(("auto", *PROVIDERS), provider=provider)
    present = onnxruntime.get_available_providers()
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
