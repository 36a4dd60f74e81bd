"""What the server calls itself and the kinds of its models, in both protocols."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version

NAME = "keras-gen"
# Triton's platforms.
ENSEMBLE, ONNX = "ensemble", "onnxruntime_onnx"


@cache
def released() -> str:
    """The version of the package."""
    try:
        return version(NAME)
    except PackageNotFoundError:
        return "unknown"
