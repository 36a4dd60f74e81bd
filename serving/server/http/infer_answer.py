"""Answers to requests to infer: outputs as numbers in JSON, or as bytes behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from serving.bundle.ports import DATA_TYPES
from serving.server.http.answers import BYTES, JSON, Answer
from serving.server.http.infer_request import BINARY_SIZE, Asked
from serving.server.refusals import Reason, RefusedError

LENGTH = b"inference-header-content-length"


def infer_answer(name: str, version: str, asked: Asked, outputs: Mapping[str, np.ndarray]) -> Answer:
    """The answer of the protocol.

    Args:
        name: of the model, as it was asked for.
        version: of the model.
        asked: the request.
        outputs: name -> array.

    Raises:
        RefusedError: INVALID for numbers that JSON does not have.
    """
    described, raw = [], []
    for output, binary in asked.outputs.items():
        array = np.ascontiguousarray(outputs[output])
        entry: dict[str, Any] = {"name": output, "datatype": DATA_TYPES[array.dtype.name], "shape": list(array.shape)}
        if binary:
            entry["parameters"] = {BINARY_SIZE: array.nbytes}
            raw.append(array.data.cast("B"))
        else:
            entry["data"] = _numbers(output, array)
        described.append(entry)
    said: dict[str, object] = {"model_name": name, "model_version": version, "outputs": described}
    if asked.id is not None:
        said["id"] = asked.id
    header = orjson.dumps(said, option=orjson.OPT_SERIALIZE_NUMPY)
    if not any(asked.outputs.values()):
        return Answer(header, JSON)
    return Answer(b"".join([header, *raw]), BYTES, headers=[(LENGTH, b"%d" % len(header))])


def _numbers(name: str, array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise RefusedError(
            Reason.INVALID,
            f"the output {name} must be finite to be written in JSON, and these inputs give numbers that are not; "
            "ask for it with binary_data",
        )
    return array.reshape(-1)
