"""Feature extractors, opened by name; one kind per file."""

from __future__ import annotations

from pathlib import Path

from keras_gen.data import Source
from keras_gen.metrics.extractors.data_classifier import DataClassifier
from keras_gen.metrics.extractors.extractor import RESIZER, Extracted, Extractor, stamp
from keras_gen.metrics.extractors.inception import Inception
from keras_gen.metrics.extractors.onnx_file import OnnxFile
from serving.common.errors import InputError, nearest

__all__ = [
    "RESIZER",
    "DataClassifier",
    "Extracted",
    "Extractor",
    "Inception",
    "OnnxFile",
    "check_extractor",
    "open_extractor",
    "stamp",
]


def check_extractor(name: str) -> None:
    """Raises InputError unless the name is `classifier`, `inception` or `onnx:FILE`."""
    kind, _, file = name.partition(":")
    if name not in ("classifier", "inception") and not (kind == "onnx" and file):
        raise InputError(
            "the extractor must be classifier, inception or onnx:FILE. "
            f"Received: {name!r}.{nearest(kind, ['classifier', 'inception', 'onnx'])}"
        )


def open_extractor(name: str, train: Source, test: Source) -> Extractor:
    """An extractor by name.

    Args:
        name: `classifier` (of the data, trained once and kept), `inception`, or `onnx:FILE`.
        train: pictures to come are of its shape; labelled, for a classifier, which is trained on it.
        test: labelled, for a classifier, whose accuracy is measured on it.

    Raises:
        InputError: an unknown name, or as the extractor of that name.
    """
    check_extractor(name)
    if name == "classifier":
        return DataClassifier(train, test)
    return Inception() if name == "inception" else OnnxFile(Path(name.partition(":")[2]), train.image_shape)
