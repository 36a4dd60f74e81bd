"""Where networks run: TensorRT, CUDA, OpenVINO or the CPU, and why not elsewhere."""

from __future__ import annotations

import ctypes
import io
import logging
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving.common.errors import InputError, require_among
from serving.runtime import openvino
from serving.runtime.installed import how_to_install, load_runtime, packages
from serving.runtime.openvino import FLOAT32, OPENVINO

if TYPE_CHECKING:
    import onnxruntime

TENSORRT, CUDA, CPU = "tensorrt", "cuda", "cpu"
AUTO = "auto"
# What `auto` tries, the fastest first. OpenVINO is for who asks for it: it opens networks and runs small ones slower.
PROVIDERS = {
    TENSORRT: "TensorrtExecutionProvider",
    CUDA: "CUDAExecutionProvider",
    CPU: "CPUExecutionProvider",
}
# What each is called by ONNX Runtime, and the extra of this package that installs it.
EXECUTION_PROVIDERS = {**PROVIDERS, OPENVINO: openvino.EXECUTION_PROVIDER}
EXTRAS = {TENSORRT: "serve", CUDA: "serve", OPENVINO: "serve-openvino"}
# What ONNX Runtime's TensorRT provider is linked to, by platform.
TENSORRT_LIBRARIES = {"win32": "nvinfer_10.dll"}
TENSORRT_LIBRARY = "libnvinfer.so.10"

# What people call the provider of NVIDIA's cards, which by its letters is closer to `cpu`.
GRAPHICS_CARDS = ("gpu", "nvidia")

FAILED = "it failed to start"
NOT_BUILT = "this ONNX Runtime was built without it"

Chain = list[tuple[str, dict[str, Any]]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Execution:
    """What the networks of a bundle run on.

    Attributes:
        provider: `tensorrt`, `cuda`, `openvino` or `cpu`.
        refused: a faster one that was to be tried -> why it was not taken.
        precision: what pictures are computed in, `float32` or `bfloat16`.
    """

    provider: str
    refused: Mapping[str, str] = field(default_factory=dict)
    precision: str = FLOAT32

    @property
    def device(self) -> str:
        """Where tensors between networks stay: `cuda` or `cpu`."""
        return CUDA if self.provider in (CUDA, TENSORRT) else CPU

    @property
    def falls_short(self) -> bool:
        """Whether there is a GPU that should have been taken."""
        return self.provider == CPU and self.refused.get(CUDA, "").startswith(FAILED)

    def __str__(self) -> str:
        reasons: dict[str, list[str]] = {}
        for name, reason in self.refused.items():
            reasons.setdefault(reason, []).append(name)
        others = "; ".join(f"not on {' or '.join(names)}: {reason}" for reason, names in reasons.items())
        precision = "" if self.precision == FLOAT32 else f", pictures in {self.precision}"
        return f"runs on {self.provider}{precision}" + (f", {others}" if others else "")


def check_provider(provider: str) -> None:
    """Raises InputError for what is no provider."""
    choices = (AUTO, CPU, CUDA, TENSORRT, OPENVINO)
    if isinstance(provider, str) and provider.lower() in GRAPHICS_CARDS:
        raise InputError(
            f"`provider` must be one of {', '.join(choices)}. Received: {provider!r}. Did you mean {CUDA!r}?"
        )
    require_among(choices, provider=provider)


def open_on(
    provider: str,
    create: Callable[[Chain], onnxruntime.InferenceSession],
    graphs: bool = False,
    precision: str = FLOAT32,
    threads: int | None = None,
) -> tuple[onnxruntime.InferenceSession, Execution]:
    """Opens a network on a provider, or with `auto` on the first of TensorRT, CUDA and the CPU that takes it.

    Which one it became of `auto` is logged: as a warning where there is a GPU that does not start, as information where
    there is one, and else for those who debug.

    Args:
        provider: `auto`, `cpu`, `cuda`, `tensorrt` or `openvino`.
        create: opens it on a chain of providers, each with its options: what the first one cannot compute, the next
            one does.
        graphs: let CUDA record and replay the work of a batch, where it can compute the whole network.
        precision: what OpenVINO computes in, `float32` or `bfloat16`.
        threads: of OpenVINO; all cores by default.

    Raises:
        InputError: the one provider that was asked for cannot be had.
    """
    check_provider(provider)
    refused: dict[str, str] = {}
    for candidate in PROVIDERS if provider == AUTO else (provider,):
        reason = _missing(candidate)
        if not reason:
            session, reason = _try(candidate, create, _chains(candidate, graphs, precision, threads))
            if session is not None:
                execution = Execution(candidate, refused, precision)
                if provider == AUTO:
                    _log.log(_importance(execution), "%s", execution)
                    _warn_of_several_packages()
                return session, execution
        refused[candidate] = reason
    advice = f" {how_to_install(EXTRAS.get(provider))}." if refused[provider] == NOT_BUILT else ""
    raise InputError(f"provider {provider!r} must be one that runs here. Received: {refused[provider]}.{advice}")


def _warn_of_several_packages() -> None:
    if len(packages()) > 1:
        _log.warning("there must be one ONNX Runtime in an environment. Received: %s", how_to_install())


def _importance(execution: Execution) -> int:
    if execution.falls_short:
        return logging.WARNING
    return logging.INFO if nvidia_driver_present() else logging.DEBUG


def _try(
    candidate: str, create: Callable[[Chain], onnxruntime.InferenceSession], chains: list[Chain]
) -> tuple[onnxruntime.InferenceSession | None, str]:
    """The session, or why there is none; on the CPU, whatever is raised is the network's own fault."""
    if candidate == CPU:
        return create(chains[0]), ""
    reason = "ONNX Runtime could not load its libraries"
    if candidate in (CUDA, TENSORRT):
        for missing in _preload():
            reason = missing
    for chain in chains:
        try:
            session = create(chain)
        except Exception as error:  # ONNX Runtime's errors have no class of their own in common
            reason = " ".join(str(error).split())[:200]
            continue
        # One whose libraries cannot be loaded is left out without an error.
        if EXECUTION_PROVIDERS[candidate] in session.get_providers():
            return session, ""
    return None, f"{FAILED} ({reason})"


def _chains(candidate: str, graphs: bool, precision: str, threads: int | None) -> list[Chain]:
    """The provider and those that take over what it cannot compute, with the options to try one after the other."""
    if candidate == OPENVINO:
        return [[(EXECUTION_PROVIDERS[OPENVINO], openvino.provider_options(precision, threads))]]
    names = list(PROVIDERS)
    behind: Chain = [(PROVIDERS[name], {}) for name in names[names.index(candidate) + 1 :]]
    recorded = [{"enable_cuda_graph": "1"}] if graphs and candidate == CUDA else []
    return [[(PROVIDERS[candidate], options), *behind] for options in (*recorded, {})]


def _missing(candidate: str) -> str:
    """Why a provider cannot be tried, or nothing."""
    if EXECUTION_PROVIDERS[candidate] not in load_runtime().get_available_providers():
        return NOT_BUILT
    if candidate in (CPU, OPENVINO):
        return ""
    if not nvidia_driver_present():
        return "there is no NVIDIA driver"
    if candidate == TENSORRT:
        library = TENSORRT_LIBRARIES.get(sys.platform, TENSORRT_LIBRARY)
        try:
            ctypes.CDLL(library)
        except OSError:
            return f"its library {library} is not installed"
    return ""


def _preload() -> list[str]:
    """Loads the libraries of CUDA that pip installed, which ONNX Runtime does not look for; lines about those that are
    not there."""
    said = io.StringIO()
    with redirect_stdout(said):
        load_runtime().preload_dlls()
    return [line for line in said.getvalue().splitlines() if line.startswith("Failed")]


def nvidia_driver_present() -> bool:
    """The GPU wheel lists CUDA everywhere and prints errors when asked for it without a driver."""
    if sys.platform == "win32":
        return Path("C:/Windows/System32/nvcuda.dll").exists()
    return Path("/proc/driver/nvidia/version").exists() or Path("/dev/nvidiactl").exists()
