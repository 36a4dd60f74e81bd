"""ONNX Runtime sessions over the verified files of a bundle."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from serving.errors import InputError, require_among, require_at_least
from serving.manifest import Manifest, Network, check_present, read_verified

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
        provider: as in `open_session`.
        threads: as in `open_session`.

    Raises:
        InputError: a missing or truncated file.
    """

    def __init__(self, bundle: Path, manifest: Manifest, provider: str, threads: int | None) -> None:
        for network in manifest.networks.values():
            check_present(bundle, network)
        self.bundle = bundle
        self.manifest = manifest
        self.provider = provider
        self.threads = threads
        self._opened: dict[str, onnxruntime.InferenceSession] = {}

    def of(self, name: str, small: bool = False) -> onnxruntime.InferenceSession:
        """The session of a network that the bundle has; a small one runs on the CPU in one thread: a pool of its own,
        waiting for work, would slow the others down."""
        if name not in self._opened:
            provider, threads = ("cpu", 1) if small else (self.provider, self.threads)
            self._opened[name] = open_session(self.bundle, self.manifest.networks[name], provider, threads)
        return self._opened[name]


def open_session(
    bundle: Path, network: Network, provider: str = "auto", threads: int | None = None
) -> onnxruntime.InferenceSession:
    """Opens a network of a bundle after its hash was checked.

    Args:
        bundle: the folder.
        network: the manifest's entry.
        provider: `cpu`, `cuda`, `tensorrt`, or `auto`: CUDA where the driver is there, else the CPU.
        threads: CPU threads inside an operator; all cores by default.

    Raises:
        InputError: a damaged file, a provider that is unknown or not present.
    """
    return session_of(read_verified(bundle, network), provider, threads)


def session_of(content: bytes, provider: str = "auto", threads: int | None = None) -> onnxruntime.InferenceSession:
    """Opens the content of an ONNX file; arguments as for `open_session`.

    Raises:
        InputError: a provider that is unknown or not present. For what is no model, ONNX Runtime's own errors.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads is not None:
        require_at_least(1, threads=threads)
        options.intra_op_num_threads = threads
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
