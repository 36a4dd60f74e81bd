"""Runs bundles with ONNX Runtime. Imports neither TensorFlow nor Keras, nor `keras_gen`, nor `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from serving.errors import InputError
from serving.manifest import Manifest
from serving.sampler import Sampler
from serving.translation import Translator, is_translator

__all__ = ["InputError", "Manifest", "Sampler", "Translator", "load"]


def load(bundle: str | Path, provider: str = "auto", threads: int | None = None) -> Any:
    """Opens a bundle: a `Translator` for a model that translates, a `Sampler` for every other.

    Args:
        bundle: folder written by `keras-gen export`.
        provider: `cpu`, `cuda`, `tensorrt`, or `auto` for the best one present.
        threads: CPU threads inside an operator; all cores by default.

    Raises:
        InputError: not a bundle, damaged, or of a newer format.
    """
    kind = Translator if is_translator(Manifest.read(Path(bundle))) else Sampler
    return kind(bundle, provider, threads)
