"""Weights of a network of PyTorch from a safetensors file, which holds numbers and no code.

A file is the length of its header, 8 bytes, the header as JSON, and the numbers: see the format's page,
https://huggingface.co/docs/safetensors. Tensors lie in it in any order, so that layers come in that of their names,
numbers in these by their value, which is the order of a network of PyTorch's `Sequential`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from export.foreign.onnx_layers import KERNEL_AXES
from keras_gen.training.foreign_layers import ForeignLayer
from serving.common.errors import InputError

LENGTH, LONGEST_HEADER = 8, 100_000_000
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}
STATISTICS = ("running_mean", "running_var")


def layers_of_safetensors(path: Path) -> list[ForeignLayer]:
    """The convolutions and normalizations of a `state_dict`, in the order of their names.

    Raises:
        InputError: no such file, or one that is damaged.
    """
    tensors: dict[str, dict[str, np.ndarray]] = {}
    for name, value in read_safetensors(path).items():
        layer, _, part = name.rpartition(".")
        tensors.setdefault(layer, {})[part] = value
    found = (_layer(name, tensors[name]) for name in sorted(tensors, key=_natural))
    return [layer for layer in found if layer is not None]


def read_safetensors(path: Path) -> dict[str, np.ndarray]:
    """The floating-point tensors of a file by name, as float32; others are left out.

    Raises:
        InputError: no such file, or one that is damaged.
    """
    if not path.is_file():
        raise InputError(f"{path} must be a safetensors file. Received: no such file.")
    content = path.read_bytes()
    length = int.from_bytes(content[:LENGTH], "little")
    if not len(content) >= LENGTH or length > min(LONGEST_HEADER, len(content) - LENGTH):
        raise _damaged(path, f"a header of {length} bytes in {len(content)}")
    numbers = memoryview(content)[LENGTH + length :]
    try:
        header = json.loads(content[LENGTH : LENGTH + length])
        header.pop("__metadata__", None)
        return {name: _tensor(numbers, said) for name, said in header.items() if said["dtype"] in TYPES}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path, " ".join(str(error).split())[:160]) from error


def _tensor(numbers: memoryview, said: Mapping[str, Any]) -> np.ndarray:
    start, end = said["data_offsets"]
    if not 0 <= start <= end <= len(numbers):
        raise ValueError(f"numbers {start} to {end} of {len(numbers)}")
    value = np.frombuffer(numbers[start:end], TYPES[said["dtype"]])
    if said["dtype"] == "BF16":
        value = (value.astype(np.uint32) << 16).view(np.float32)
    return value.astype(np.float32).reshape(said["shape"])


def _layer(name: str, parts: Mapping[str, np.ndarray]) -> ForeignLayer | None:
    weight, bias = parts.get("weight"), parts.get("bias")
    if weight is None or weight.ndim not in (1, 4) or (weight.ndim == 1 and bias is None):
        return None
    beside = () if bias is None else (bias,)
    if weight.ndim == 4:
        return ForeignLayer(name, "either", (weight.transpose(KERNEL_AXES), *beside))
    kept = tuple(parts[part] for part in STATISTICS if part in parts)
    return ForeignLayer(name, "batch" if kept else "instance", (weight, *beside, *kept))


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _damaged(path: Path, why: str) -> InputError:
    return InputError(f"{path} must be a whole safetensors file. Received: {why}.")
