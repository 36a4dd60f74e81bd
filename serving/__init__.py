"""Runs bundles with ONNX Runtime. Imports neither TensorFlow nor Keras, nor `keras_gen`, nor `export`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Unpack

from serving.bundle.manifest import Manifest
from serving.bundle.references import bundle_folder
from serving.common.errors import InputError
from serving.runtime.providers import AUTO
from serving.runtime.sessions import Options, Settings
from serving.sampler import Sampler
from serving.translation import Translator, is_translator

# ONNX Runtime from 1.29 on writes a device id and sends what it runs, unless this is set before it is loaded. Whoever
# loads it here, or in `export` and `keras_gen`, has imported this package before.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__all__ = ["InputError", "Manifest", "Sampler", "Settings", "Translator", "load"]


def load(bundle: str | Path, settings: Settings | str = AUTO, **options: Unpack[Options]) -> Sampler | Translator:
    """Opens a bundle: a `Translator` for a model that translates, a `Sampler` for every other.

    Args:
        bundle: folder written by `keras-gen export`; `ready:NAME`, one of `keras-gen ready`; or
            `hub:USER/NAME[@REVISION][#sha256=DIGEST]` on a model hub, which is downloaded into the cache and checked.
        settings: how to run it, or the provider alone.
        **options: what `Settings` holds, by name, instead:
            `provider`: `cpu`, `cuda`, `tensorrt`, `openvino`, or `auto` for the best of the first three that is
            present, which `execution` of the result says; `threads`: CPU threads inside an operator; all cores by
            default; `spinning`: threads wait for work without sleeping; False where the cores are shared with other
            work; `fixed_batches`: keep tensors at fixed places, where CUDA records the work of a batch once and replays
            it; `precision`: what `openvino` computes pictures in, `float32` or `bfloat16`.

    Raises:
        InputError: not a bundle, damaged, or of a newer format.
        OSError: a model hub that cannot be reached.
    """
    folder = bundle_folder(bundle)
    manifest = Manifest.read(folder)
    kind = Translator if is_translator(manifest) else Sampler
    return kind(folder, Settings.of(settings, options), manifest=manifest)
