"""Trained classifiers kept on disk, since training one takes minutes.

The name of a file is the SHA-256 of the images, the labels and the settings of the classifier. Other data or other
settings therefore have another file, and a file is never out of date. Files hold arrays only and no code.
"""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from keras_gen.data import Source
from keras_gen.metrics import classifier
from keras_gen.metrics.classifier import Classifier, build_network, class_count, labels_of, train_classifier
from serving.common.environment import cache_folder
from serving.common.errors import InputError
from serving.common.files import whole_file

SETTINGS = (
    "FEATURES",
    "FILTERS",
    "KERNEL",
    "SMALLEST_SIDE",
    "DROPOUT",
    "BATCH",
    "LEARNING_RATE",
    "LEAST_EPOCHS",
    "LEAST_STEPS",
)
ACCURACY = "accuracy"


def cached_classifier(
    source: Source, held_out: Source, epochs: int | None = None, seed: int = 0
) -> tuple[Classifier, float]:
    """The classifier of a source, trained if it is not in the cache yet, and its accuracy on held-out images.

    Args:
        source: labelled pictures to train on.
        held_out: labelled pictures of the same shape, to measure it on.
        epochs: as in `train_classifier`.
        seed: as in `train_classifier`.

    Returns:
        The classifier, and the share of `held_out` whose class it finds, 0 to 1.

    Raises:
        InputError: as `train_classifier`; images or labels that do not fit; a file in the cache that cannot be read.
    """
    kept = _place(f"{_digest(source, held_out, epochs, seed)}.npz")
    if kept.is_file():
        return _read(kept, source, seed)
    trained = train_classifier(source, epochs, seed)
    accuracy = trained.accuracy(held_out)
    arrays: dict[str, Any] = {f"weight_{i:02}": weight for i, weight in enumerate(trained.network.get_weights())}
    arrays[ACCURACY] = accuracy
    with whole_file(kept) as temporary:
        np.savez(temporary, **arrays)
    return trained, accuracy


def _place(name: str) -> Path:
    """Where a classifier is kept. Earlier versions kept it in the folder itself that `KERAS_GEN_CACHE` names."""
    of_first_version = cache_folder() / name
    return of_first_version if of_first_version.is_file() else cache_folder() / "classifiers" / name


def _digest(source: Source, held_out: Source, epochs: int | None, seed: int) -> str:
    settings = {name: getattr(classifier, name) for name in SETTINGS}
    digest = hashlib.sha256(repr((settings, class_count(source), epochs, seed)).encode())
    for part in (source, held_out):
        for array in (part.examples.images, labels_of(part)):
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _read(path: Path, source: Source, seed: int) -> tuple[Classifier, float]:
    network = build_network(source.image_shape, class_count(source), seed)
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            network.set_weights([archive[name] for name in sorted(archive.files) if name != ACCURACY])
            return Classifier(network), float(archive[ACCURACY])
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path} must be a whole classifier; delete it to train another. Received: {reason}"
        ) from error
