"""A graph that is not written yet, in ONNX Runtime on the CPU."""

from __future__ import annotations

from typing import Any

import onnx


def opened(model: onnx.ModelProto) -> Any:
    """A session of it, which says nothing but errors."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
