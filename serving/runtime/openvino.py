"""OpenVINO's execution provider: what it is told, and what it can do on this processor."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from serving.common.errors import InputError, require_among

OPENVINO = "openvino"
EXECUTION_PROVIDER = "OpenVINOExecutionProvider"
FLOAT32, BFLOAT16 = "float32", "bfloat16"
# What OpenVINO calls them. It would choose bfloat16 by itself where the processor has it, and is always told.
PRECISIONS = {FLOAT32: "f32", BFLOAT16: "bf16"}

# Of ONNX Runtime's sessions: a network that has to be computed in part by another provider is refused. Integers of
# 64 bits come out wrong, such as those that noise is drawn with; it is such a network.
WHOLE = ("session.disable_cpu_ep_fallback", "1")
REFUSAL = "assigned to the default CPU EP"

PROCESSOR = Path("/proc/cpuinfo")
# Instructions for bfloat16, as Linux names them on x86 and on ARM.
INSTRUCTIONS = {"avx512_bf16", "amx_bf16", "bf16"}

_log = logging.getLogger(__name__)


def check_precision(precision: str, provider: str) -> None:
    """Raises InputError for what is no precision, or one that the provider does not compute in."""
    require_among(tuple(PRECISIONS), precision=precision)
    if precision != FLOAT32 and provider != OPENVINO:
        raise InputError(
            f"`precision` must be {FLOAT32} with provider {provider!r}; only {OPENVINO!r} computes in {precision}. "
            f"Received: {precision!r}."
        )


def provider_options(precision: str, threads: int | None) -> dict[str, str]:
    """What ONNX Runtime passes to OpenVINO.

    Args:
        precision: `float32` or `bfloat16`.
        threads: as many as there are cores where it is None.
    """
    config = {"CPU": {"INFERENCE_PRECISION_HINT": PRECISIONS[precision]}}
    options = {"device_type": "CPU", "load_config": json.dumps(config)}
    return options if threads is None else {**options, "num_of_threads": str(threads)}


def warn_of_emulation(precision: str) -> None:
    """Logs a warning where the processor is known to have no instructions for the precision."""
    if precision == BFLOAT16 and not _has_bfloat16():
        _log.warning(
            "precision 'bfloat16' is slower than 'float32' here: this processor has no instructions for it "
            "(avx512_bf16 or amx_bf16)"
        )


def _has_bfloat16() -> bool:
    """True also where nothing says what the processor has."""
    if not PROCESSOR.is_file():
        return True
    lines = PROCESSOR.read_text(encoding="utf-8", errors="replace").splitlines()
    known = [line.partition(":")[2].split() for line in lines if line.startswith(("flags", "Features"))]
    return not known or any(INSTRUCTIONS & set(flags) for flags in known)
