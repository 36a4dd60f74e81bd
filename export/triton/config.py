"""Writes `config.pbtxt`, the configuration of a network for Triton.

Sources: the server's `model_configuration.md` and `model_config.proto`; what its ONNX Runtime backend compares with the
file when it loads it (names, types, and every axis: -1 where it is free).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from serving.bundle.names import PROBABILITIES
from serving.bundle.ports import Model

LABELS = "labels.txt"
# The newest version is served. Older ones stay, so that one can return to them.
VERSIONS = "version_policy { latest { num_versions: 1 } }"


def network_config(model: Model, instances: int, classes: bool = False) -> str:
    """The configuration of a network that ONNX Runtime runs.

    Args:
        model: the network.
        instances: number of instances that run in parallel on every GPU, or on the CPU if there is none.
        classes: whether probabilities belong to classes whose names are in a file in the same folder.
    """
    lines = list(head(model, "onnxruntime_onnx"))
    lines += ports_of(model, classes)
    if model.max_batch_size:
        lines += [
            "# Requests that wait for an instance are joined. To also wait for more requests, which costs time, use",
            "# dynamic_batching { max_queue_delay_microseconds: 500 }",
            "dynamic_batching { }",
        ]
    if _is_small(model):
        lines += [
            "# This network has too little arithmetic for a GPU or for several threads.",
            "instance_group [ { count: 1 kind: KIND_CPU } ]",
            'parameters { key: "intra_op_thread_count" value: { string_value: "1" } }',
        ]
    else:
        lines.append(f"instance_group [ {{ count: {instances} kind: KIND_AUTO }} ]")
    return "\n".join([*lines, VERSIONS]) + "\n"


def _is_small(model: Model) -> bool:
    """Whether a network draws latents for another one, and computes no pictures."""
    return bool(model.unbatched) and all(len(port.dims) <= 2 for port in model.outputs)


def head(model: Model, platform: str) -> Iterator[str]:
    """The lines that every configuration begins with."""
    if model.unbatched:
        yield f"# Triton cannot join requests: {', '.join(model.unbatched)} have no axis of rows to join them along."
        yield "# So max_batch_size is 0, and each request states the number of rows that it wants."
    yield f"name: {quoted(model.name)}"
    yield f"platform: {quoted(platform)}"
    yield f"max_batch_size: {model.max_batch_size}"


def ports_of(model: Model, classes: bool = False) -> Iterator[str]:
    """The inputs and outputs; `classes` as for `network_config`."""
    for side, ports in (("input", model.inputs), ("output", model.outputs)):
        entries = []
        for port in ports:
            parts = [f"name: {quoted(port.name)}", f"data_type: TYPE_{port.data_type}", f"dims: {_list(port.dims)}"]
            if port.reshape is not None:
                parts.append(f"reshape {{ shape: {_list(port.reshape)} }}")
            if classes and side == "output" and port.name == PROBABILITIES:
                parts.append(f"label_filename: {quoted(LABELS)}")
            entries.append(f"  {{ {' '.join(parts)} }}")
        yield f"{side} [\n" + ",\n".join(entries) + "\n]"


def _list(sizes: Iterable[int]) -> str:
    inside = ", ".join(map(str, sizes))
    return f"[ {inside} ]" if inside else "[ ]"


def quoted(text: str) -> str:
    """A string of the text format of protocol buffers."""
    return json.dumps(text)
