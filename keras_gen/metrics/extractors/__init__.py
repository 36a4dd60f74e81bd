"""Feature extractors, opened by name; one kind per file."""

from __future__ import annotations

from pathlib import Path

from keras_gen.data import Source
from keras_gen.metrics.extractors.data_classifier import DataClassifier
from keras_gen.metrics.extractors.extractor import RESIZER, Extracted, Extractor, stamp
from keras_gen.metrics.extractors.inception import Inception
from keras_gen.metrics.extractors.judge import Judge, read_shape
from keras_gen.metrics.extractors.onnx_file import OnnxFile
from keras_gen.metrics.judges import check_judge
from serving.common.errors import InputError, nearest

__all__ = [
    "RESIZER",
    "DataClassifier",
    "Extracted",
    "Extractor",
    "Inception",
    "Judge",
    "OnnxFile",
    "check_extractor",
    "open_extractor",
    "read_shape",
    "stamp",
]


def check_extractor(name: str) -> None:
    """Raises InputError unless the name is `classifier`, `inception`, `judge:NAME` or `onnx:FILE`."""
    kind, _, which = name.partition(":")
    if kind == "judge" and which:
        check_judge(which)
    elif name not in ("classifier", "inception") and not (kind == "onnx" and which):
        raise InputError(
            "the extractor must be classifier, inception, judge:NAME or onnx:FILE. "
            f"Received: {name!r}.{nearest(kind, ['classifier', 'inception', 'judge', 'onnx'])}"
        )


def open_extractor(name: str, train: Source, test: Source) -> Extractor:
    """An extractor by name.

    Args:
        name: `classifier` (of the data, trained once and kept), `inception`, `judge:NAME` (in the package), or
            `onnx:FILE`.
        train: pictures to come are of its shape; labelled, for a classifier, which is trained on it.
        test: labelled, for a classifier, whose accuracy is measured on it.

    Raises:
        InputError: an unknown name, or as the extractor of that name.
    """
    check_extractor(name)
    if name == "classifier":
        return DataClassifier(train, test)
    if name == "inception":
        return Inception()
    kind, _, which = name.partition(":")
    return Judge(which, train.image_shape) if kind == "judge" else OnnxFile(Path(which), train.image_shape)
