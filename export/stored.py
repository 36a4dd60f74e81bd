"""Networks as files: what is in a bundle's folder beside its manifest."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import onnx
from onnx.external_data_helper import set_external_data

from export.to_onnx import label
from serving.bundle.manifest import Network, Tensor, Weights
from serving.bundle.names import ENCODER, SAMPLER, makes_pictures

# Files are mapped into memory by pages.
ALIGNMENT = 4096


class Exported(NamedTuple):
    """A network that has passed its check, with its part of the manifest; `batch` is 1 where it takes one example at a
    time."""

    graph: onnx.ModelProto
    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]
    batch: int | None = None


def measured_networks(exported: Mapping[str, Exported], encoder: bool = False) -> dict[str, Exported]:
    """Those whose pictures are compared in other numbers: all that make some, but the sampler, which has the decoder
    in it; and the encoder, where it is asked for."""
    measured = {name for name, each in exported.items() if name != SAMPLER and makes_pictures(each.outputs)}
    return {name: each for name, each in exported.items() if name in measured or (encoder and name == ENCODER)}


def store(exported: dict[str, Exported], folder: Path) -> dict[str, Network]:
    """Writes networks, and numbers that several of them have into one file that they share.

    Args:
        exported: by name; the graphs are changed.
        folder: to write to.

    Returns:
        The manifest's entries.
    """
    for each in exported.values():
        label(each.graph, each.inputs, each.outputs)
    weights: dict[str, Weights] = {}
    for family in _families({name: each.graph for name, each in exported.items()}):
        stored = _share({name: exported[name].graph for name in family}, f"{family[0]}.weights", folder)
        weights |= dict.fromkeys(family, stored)
    return {name: _write(each, name, weights.get(name), folder) for name, each in exported.items()}


def _write(exported: Exported, name: str, weights: Weights | None, folder: Path) -> Network:
    content = exported.graph.SerializeToString(deterministic=True)
    (folder / f"{name}.onnx").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    return Network(f"{name}.onnx", digest, len(content), exported.inputs, exported.outputs, weights, exported.batch)


def _families(graphs: dict[str, onnx.ModelProto]) -> list[list[str]]:
    """Names of networks that have large numbers in common with the first of theirs."""
    families: list[list[str]] = []
    contents = {name: set(_large(graph).values()) for name, graph in graphs.items()}
    for name, own in contents.items():
        family = next((each for each in families if contents[each[0]] & own), None)
        if family is None:
            families.append([name])
        else:
            family.append(name)
    return [family for family in families if len(family) > 1]


def _share(graphs: dict[str, onnx.ModelProto], file: str, folder: Path) -> Weights:
    """Moves the large numbers that more than one of the graphs has into a file."""
    counted = Counter(content for graph in graphs.values() for content in set(_large(graph).values()))
    stored = bytearray()
    places: dict[bytes, int] = {}
    for graph in graphs.values():
        large = _large(graph)
        for tensor in graph.graph.initializer:
            content = large.get(tensor.name)
            if content is None or counted[content] < 2:
                continue
            if content not in places:
                stored.extend(bytes(-len(stored) % ALIGNMENT))
                places[content] = len(stored)
                stored.extend(content)
            set_external_data(tensor, file, places[content], len(content))
            tensor.ClearField("raw_data")
    (folder / file).write_bytes(stored)
    return Weights(file, hashlib.sha256(stored).hexdigest(), len(stored))


def _large(graph: onnx.ModelProto) -> dict[str, bytes]:
    """The initializers of at least a page, by name."""
    tensors = graph.graph.initializer
    return {tensor.name: tensor.raw_data for tensor in tensors if len(tensor.raw_data) >= ALIGNMENT}
