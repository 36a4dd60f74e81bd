"""A published judge as an extractor: the same numbers for everybody."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_gen.metrics.extractors.extractor import Extracted, Extractor
from keras_gen.metrics.extractors.onnx_file import OnnxFile
from keras_gen.metrics.judges import check_judge, judge_content, judge_file
from serving.runtime.sessions import ON_CPU


class Judge(Extractor):
    """Features and classes by a classifier of the package, on the CPU in float32 wherever it runs.

    Args:
        name: of the judge, such as `digits`.
        picture_shape: (height, width, channels) of the pictures to come.

    Raises:
        InputError: no judge of this name, or a file that is not the published one.
    """

    def __init__(self, name: str, picture_shape: tuple[int, int, int]) -> None:
        self.network = OnnxFile(judge_file(name), picture_shape, judge_content(name), ON_CPU)
        self.image_shape, self.classes = self.network.image_shape, self.network.classes
        self.width = self.network.width
        entry = check_judge(name)
        self.name = f"{self.width} of judge:{name} (SHA-256 {entry['sha256'][:12]})"
        self.settings: dict[str, Any] = {"its accuracy": entry["accuracy"]}

    def extract(self, images: np.ndarray) -> Extracted:
        return self.network.extract(images)


def read_shape(extractor: str) -> tuple[int, int, int] | None:
    """(height, width, channels) that pictures are best read in for an extractor by name: that of a judge, so that
    they are resized at most once; None for others."""
    kind, _, name = extractor.partition(":")
    if kind != "judge":
        return None
    height, width, channels = check_judge(name)["image_shape"]
    return height, width, channels
