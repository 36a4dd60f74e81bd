"""Writes `config.pbtxt`, the configuration of a network for Triton.

Sources: the server's `model_configuration.md` and `model_config.proto`; what its ONNX Runtime backend compares with the
file when it loads it (names, types, and every axis: -1 where it is free).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from serving.bundle.manifest import Network, Tensor
from serving.bundle.names import PROBABILITIES, N

# Of every type that a manifest may have.
DATA_TYPES = {
    "uint8": "TYPE_UINT8",
    "int64": "TYPE_INT64",
    "float32": "TYPE_FP32",
}
FREE = -1
LABELS = "labels.txt"
# The newest version is served. Older ones stay, so that one can return to them.
VERSIONS = "version_policy { latest { num_versions: 1 } }"


@dataclass(frozen=True)
class Port:
    """An input or output as a client sees it.

    Attributes:
        name: name of the tensor.
        data_type: Triton's name of the element type.
        dims: sizes of the axes, -1 for any size; without the first axis if requests are joined along it.
        reshape: the sizes that the network itself has instead of `dims`, or None if they are the same.
    """

    name: str
    data_type: str
    dims: tuple[int, ...]
    reshape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Model:
    """A network as Triton runs it.

    Attributes:
        name: name of its folder.
        max_batch_size: largest number of rows of joined requests; 0 for a network that takes one request at a time.
        inputs: its inputs.
        outputs: its outputs.
        unbatched: the inputs and outputs for which requests cannot be joined.
    """

    name: str
    max_batch_size: int
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    unbatched: tuple[str, ...] = ()


def model_of(name: str, network: Network, max_batch_size: int) -> Model:
    """The model for a network of a bundle. Requests are joined along the first axis if that is `n` for every tensor.

    Args:
        name: of the network.
        network: its entry in the manifest.
        max_batch_size: for a network whose requests can be joined.

    Raises:
        InputError: a tensor of a type that Triton does not know.
    """
    tensors = {**network.inputs, **network.outputs}
    unbatched = tuple(name for name, tensor in tensors.items() if tensor.axes[:1] != (N,))
    batched = not unbatched
    inputs, outputs = (
        tuple(_port(name, tensor, batched) for name, tensor in side.items())
        for side in (network.inputs, network.outputs)
    )
    return Model(name, max_batch_size if batched else 0, inputs, outputs, unbatched)


def _port(name: str, tensor: Tensor, batched: bool) -> Port:
    """Triton has no tensors without axes: a scalar becomes an array of one number, and (n,) becomes (n, 1)."""
    sizes = tuple(size if isinstance(size, int) else FREE for size in tensor.axes)
    data_type = DATA_TYPES[tensor.dtype]
    if not sizes:
        return Port(name, data_type, (1,))
    if len(sizes) == 1:
        return Port(name, data_type, (1,), ()) if batched else Port(name, data_type, (*sizes, 1), sizes)
    return Port(name, data_type, sizes[1:] if batched else sizes)


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
            parts = [f"name: {quoted(port.name)}", f"data_type: {port.data_type}", f"dims: {_list(port.dims)}"]
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
