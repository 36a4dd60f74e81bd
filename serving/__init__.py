"""Runs bundles with ONNX Runtime. Imports neither TensorFlow nor Keras, nor `keras_gen`, nor `export`."""

from __future__ import annotations

from pathlib import Path

from serving.errors import InputError
from serving.manifest import Manifest
from serving.sampler import Sampler

__all__ = ["InputError", "Manifest", "Sampler", "load"]


def load(bundle: str | Path, provider: str = "auto", threads: int | None = None) -> Sampler:
    """Opens a bundle.

    Args:
        bundle: folder written by `keras-gen export`.
        provider: `cpu`, `cuda`, `tensorrt`, or `auto` for the best one present.
        threads: CPU threads inside an operator; all cores by default.

    Raises:
        InputError: not a bundle, damaged, or of a newer format.
    """
    return Sampler(bundle, provider, threads)
