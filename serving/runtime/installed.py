"""The ONNX Runtime that is installed, and the one that a network needs."""

from __future__ import annotations

import importlib
import platform
import re
from importlib import metadata
from types import ModuleType

from serving.common.errors import InputError

Version = tuple[int, int]

# First release -> newest operator set and IR version that it opens; each was tried.
RELEASES: dict[Version, tuple[int, int]] = {
    (1, 22): (22, 10),
    (1, 23): (23, 11),
    (1, 24): (25, 13),
    (1, 25): (26, 13),
    (1, 32): (28, 14),
}
LATEST_TRIED: Version = (1, 32)
# Packages that install the module `onnxruntime`, each over the others, and the extra of this one that brings it.
PACKAGES = {
    "onnxruntime-gpu": "serve",
    "onnxruntime-openvino": "serve-openvino",
    "onnxruntime-directml": "serve-cpu",
    "onnxruntime-qnn": "serve-cpu",
    "onnxruntime": "serve-cpu",
}
# Where in its own code an error was found, and the function's signature, which can be longer than what it says.
PLACE = re.compile(r"/\S+\.(?:h|cc):\d+ .*?\) (?=[A-Z])")
LONGEST = 200
# The first that takes weights from memory.
WEIGHTS_FROM_MEMORY: Version = (1, 24)


def load_runtime() -> ModuleType:
    """The module `onnxruntime`.

    Raises:
        ModuleNotFoundError: it is not installed.
        InputError: what is installed cannot be loaded on this machine.
    """
    try:
        module = importlib.import_module("onnxruntime")
    except (ImportError, OSError) as error:
        if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("onnxruntime."):
            raise
        machine = f"{platform.system()} on {platform.machine()}, Python {platform.python_version()}"
        reason = " ".join(str(error).split())
        raise InputError(f"onnxruntime must be one that was built for {machine}. Received: {reason}.") from error
    if not hasattr(module, "InferenceSession"):
        # What is left where one of two packages was uninstalled: it took the files of the other with it.
        raise InputError(f"onnxruntime must be whole. Received: a module without files. {how_to_install()}.")
    return module


def packages() -> list[str]:
    """Which packages of ONNX Runtime are installed; more than one overwrite each other's files."""
    return [name for name in PACKAGES if _is_installed(name)]


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def how_to_install(extra: str | None = None) -> str:
    """What says that packages overwrite each other, where they do, with the command that leaves one of them.

    Args:
        extra: of this package, which brings the one; by default that of the first that is there.
    """
    present = packages()
    mixed = f"{' and '.join(present)} overwrite each other. " if len(present) > 1 else ""
    removal = f"pip uninstall -y {' '.join(present)} && " if present else ""
    extra = extra or PACKAGES[(present or list(PACKAGES))[0]]
    return f"{mixed}To have one that fits: {removal}pip install 'keras-gen[{extra}]'"


def needed_release(opset: int, ir_version: int) -> Version | None:
    """The first release that opens an operator set and an IR version; None where none is known that does."""
    fitting = (release for release, (most, newest) in RELEASES.items() if opset <= most and ir_version <= newest)
    return next(fitting, None)


def version_of(text: str) -> Version:
    """`(1, 26)` of `1.26.0`; (0, 0) of what is no version."""
    found = re.match(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def said_by(error: Exception) -> str:
    """What ONNX Runtime says of a network that it does not open: one line without places in its own code."""
    return PLACE.sub("", " ".join(str(error).split()))[:LONGEST]


def check_release(opset: int, ir_version: int, weights: bool, installed: str, where: object) -> None:
    """Raises InputError for a network that is newer than what is installed.

    Args:
        opset: of ONNX's own operators.
        ir_version: of the file's format.
        weights: whether it keeps numbers in a file beside it.
        installed: version of ONNX Runtime.
        where: the file, for the message.
    """
    needed, present = needed_release(opset, ir_version), version_of(installed)
    if needed is None and present > LATEST_TRIED:
        return  # it says itself what it cannot open
    if needed is not None and weights:
        needed = max(needed, WEIGHTS_FROM_MEMORY)
    if needed is not None and present >= needed:
        return
    wanted = "newer than {}.{}".format(*LATEST_TRIED) if needed is None else "{}.{} or newer".format(*needed)
    beside = ", with weights beside it" if weights else ""
    raise InputError(
        f"{where} is of ONNX opset {opset} and IR version {ir_version}{beside}; onnxruntime must be {wanted}. "
        f"Received: {installed}."
    )
