"""The ONNX Runtime that is installed, and the one that a network needs."""

from __future__ import annotations

import importlib
import platform
import re
from types import ModuleType

from serving.common.errors import InputError

Version = tuple[int, int]

# First release -> newest operator set and IR version that it opens; each was tried.
RELEASES: dict[Version, tuple[int, int]] = {(1, 22): (22, 10), (1, 23): (23, 11), (1, 24): (25, 13), (1, 25): (26, 13)}
LATEST_TRIED: Version = (1, 31)
# The first that takes weights from memory.
WEIGHTS_FROM_MEMORY: Version = (1, 24)


def load_runtime() -> ModuleType:
    """The module `onnxruntime`.

    Raises:
        ModuleNotFoundError: it is not installed.
        InputError: what is installed cannot be loaded on this machine.
    """
    try:
        return importlib.import_module("onnxruntime")
    except (ImportError, OSError) as error:
        if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("onnxruntime."):
            raise
        machine = f"{platform.system()} on {platform.machine()}, Python {platform.python_version()}"
        reason = " ".join(str(error).split())
        raise InputError(f"onnxruntime must be one that was built for {machine}. Received: {reason}.") from error


def needed_release(opset: int, ir_version: int) -> Version | None:
    """The first release that opens an operator set and an IR version; None where none is known that does."""
    fitting = (release for release, (most, newest) in RELEASES.items() if opset <= most and ir_version <= newest)
    return next(fitting, None)


def version_of(text: str) -> Version:
    """`(1, 26)` of `1.26.0`; (0, 0) of what is no version."""
    found = re.match(r"(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


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
