from __future__ import annotations

import pytest

from serving import InputError
from serving.runtime.installed import check_release, said_by


@pytest.mark.parametrize(
    ("opset", "ir_version", "installed", "needed"),
    [
        (18, 9, "1.22.0", None),
        (18, 9, "1.24.0", None),
        (22, 10, "1.22.1", None),
        (23, 10, "1.22.1", "1.23 or newer"),
        (22, 11, "1.22.1", "1.23 or newer"),
        (25, 13, "1.23.2", "1.24 or newer"),
        (26, 10, "1.24.1+cuda", "1.25 or newer"),
        (26, 13, "1.31.1", None),
        (27, 13, "1.31.1", "1.32 or newer"),
        (28, 14, "1.32.0", None),
        (29, 14, "1.32.0", "newer than 1.32"),
        (29, 14, "1.33.0", None),
        (18, 9, "unknown", "1.22 or newer"),
    ],
)
def test_the_release_that_is_needed_is_named(opset, ir_version, installed, needed):
    if needed is None:
        check_release(opset, ir_version, False, installed, "a.onnx")
        return
    with pytest.raises(InputError, match=f"onnxruntime must be {needed}. Received: {installed[:6]}"):
        check_release(opset, ir_version, False, installed, "a.onnx")


def test_weights_from_memory_need_a_release_too():
    check_release(18, 9, True, "1.24.1", "a.onnx")
    with pytest.raises(InputError, match=r"weights beside it; onnxruntime must be 1.24 or newer. Received: 1.23.2"):
        check_release(18, 9, True, "1.23.2", "a.onnx")
    with pytest.raises(InputError, match="must be 1.25 or newer"):
        check_release(26, 9, True, "1.23.2", "a.onnx")


def test_what_it_says_is_not_hidden_behind_its_own_code():
    """As 1.32 says it."""
    error = RuntimeError(
        "[ONNXRuntimeError] : 1 : FAIL : /onnxruntime_src/onnxruntime/core/graph/model.cc:256 "
        "onnxruntime::Model::Model(onnx::ModelProto&&, const onnxruntime::PathString&, const onnxruntime::"
        "IOnnxRuntimeOpSchemaRegistryList*, const onnxruntime::logging::Logger&, const onnxruntime::ModelOptions&) "
        "Unsupported model IR version: 99,\nmax supported IR version: 14"
    )
    assert said_by(error) == (
        "[ONNXRuntimeError] : 1 : FAIL : Unsupported model IR version: 99, max supported IR version: 14"
    )
