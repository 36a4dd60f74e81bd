"""Runs bundles with ONNX Runtime. Imports neither TensorFlow nor Keras, nor `keras_gen`, nor `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from serving.bundle.manifest import Manifest
from serving.common.errors import InputError
from serving.sampler import Sampler
from serving.translation import Translator, is_translator

__all__ = ["InputError", "Manifest", "Sampler", "Translator", "load"]


def load(
    bundle: str | Path,
    provider: str = "auto",
    threads: int | None = None,
    spinning: bool = True,
    fixed_batches: bool = False,
) -> Any:
    """Opens a bundle: a `Translator` for a model that translates, a `Sampler` for every other.

    Args:
        bundle: folder written by `keras-gen export`.
        provider: `cpu`, `cuda`, `tensorrt`, or `auto` for the best one present, which `execution` of the result says.
        threads: CPU threads inside an operator; all cores by default.
        spinning: threads wait for work without sleeping; False where the cores are shared with other work.
        fixed_batches: keep tensors at fixed places, where CUDA records the work of a batch once and replays it.

    Raises:
        InputError: not a bundle, damaged, or of a newer format.
    """
    manifest = Manifest.read(Path(bundle))
    settings: dict[str, Any] = {"spinning": spinning, "fixed_batches": fixed_batches, "manifest": manifest}
    return (Translator if is_translator(manifest) else Sampler)(bundle, provider, threads, **settings)
