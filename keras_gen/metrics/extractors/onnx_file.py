"""Any ONNX file that takes pictures as an extractor."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from keras_gen.metrics.classifier import softmax
from keras_gen.metrics.extractors.extractor import Extracted, Extractor, conformed, extract_in_blocks, target_shape
from serving.common.errors import InputError
from serving.common.images import to_float, to_uint8
from serving.runtime.sessions import DEFAULT, Settings, session_of

BLOCK = 64
DTYPES = {"tensor(uint8)": np.uint8, "tensor(float)": np.float32}
CODES = ("code", "mean")
RANGE = "image_range"


class OnnxFile(Extractor):
    """The outputs of a network in ONNX Runtime.

    It must have one input: pictures, (n, height, width, 1 or 3) or (n, 1 or 3, height, width), n open or 1, sides
    open or fixed. They are uint8, or float32 from -1 to 1; the file's metadata property `image_range` may name
    another range as two numbers, as in `0 1`. The first output, flattened, is the features, the second one, if there
    is one, logits of classes. Of an encoder in a bundle, the output `code` or `mean` is the features, and there are
    no classes.

    Args:
        file: whole in one file, without external data.
        picture_shape: (height, width, channels) of the pictures to come, on one of which it is tried.
        content: of the file, where it was read already.
        settings: how to run it.

    Raises:
        InputError: a file that is missing, no ONNX, or of other inputs and outputs.
    """

    def __init__(
        self,
        file: Path,
        picture_shape: tuple[int, int, int],
        content: bytes | None = None,
        settings: Settings = DEFAULT,
    ) -> None:
        self.file = file
        content, self.session = _open(file, content, settings)
        self.name = f"onnx:{file.name} (SHA-256 {hashlib.sha256(content).hexdigest()[:12]})"
        self.settings: dict[str, Any] = {}
        self._read_input()
        self.low, self.high = self._range()
        outputs = [output.name for output in self.session.get_outputs()]
        self.outputs = [name for name in CODES if name in outputs][:1] or outputs[:2]
        shape = target_shape(picture_shape, self.image_shape)
        features, probabilities = self._one_block(np.zeros((1, *shape), np.uint8))
        self.width = features.shape[1]
        self.classes = 0 if probabilities is None else probabilities.shape[1]

    def extract(self, images: np.ndarray) -> Extracted:
        return extract_in_blocks(images, self.block, self._one_block)

    def _read_input(self) -> None:
        """Name, type, place of the channels and shape of the one input."""
        inputs = self.session.get_inputs()
        axes = inputs[0].shape if len(inputs) == 1 else []
        places = [place for place in (3, 1) if len(axes) == 4 and axes[place] in (1, 3)]
        if not places or inputs[0].type not in DTYPES or (isinstance(axes[0], int) and axes[0] != 1):
            received = ", ".join(f"{tensor.name}: {tensor.type} {tensor.shape}" for tensor in inputs)
            raise InputError(
                f"{self.file} must have one input, uint8 or float pictures (n, height, width, 1 or 3) or "
                f"(n, 1 or 3, height, width), n open or 1. Received: {received}."
            )
        self.input, self.dtype, self.channels_first = inputs[0].name, DTYPES[inputs[0].type], places[0] == 1
        self.block = 1 if axes[0] == 1 else BLOCK
        height, width = (
            axis if isinstance(axis, int) else None for axis in (axes[2:] if places[0] == 1 else axes[1:3])
        )
        self.image_shape = (height, width, axes[places[0]])

    def _range(self) -> tuple[float, float]:
        text = self.session.get_modelmeta().custom_metadata_map.get(RANGE, "-1 1")
        try:
            low, high = map(float, text.split())
        except ValueError as error:
            raise InputError(f"{RANGE} of {self.file} must be two numbers. Received: {text!r}.") from error
        return low, high

    def _one_block(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        pictures = conformed(images, self.image_shape)
        if self.dtype == np.uint8:
            pictures = to_uint8(pictures)
        else:
            pictures = self.low + (to_float(pictures) + 1) * np.float32((self.high - self.low) / 2)
        if self.channels_first:
            pictures = np.moveaxis(pictures, 3, 1)
        try:
            found = self.session.run(self.outputs, {self.input: np.ascontiguousarray(pictures, self.dtype)})
            features, *logits = (np.asarray(values, np.float32).reshape(len(images), -1) for values in found)
        except Exception as error:  # ONNX Runtime's errors have no class of their own in common
            raise _unusable(self.file, error) from error
        return features, softmax(logits[0]) if logits else None


def _open(file: Path, content: bytes | None, settings: Settings) -> tuple[bytes, Any]:
    """The content of a file and its session."""
    try:
        content = file.read_bytes() if content is None else content
        return content, session_of(content, settings)
    except Exception as error:  # as above
        raise _unusable(file, error) from error


def _unusable(file: Path, error: Exception) -> InputError:
    reason = " ".join(str(error).split())[:200]
    return InputError(f"{file} must be an ONNX file that turns pictures into numbers. Received: {reason}")
