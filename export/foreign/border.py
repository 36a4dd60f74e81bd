"""The border of a network of any origin: between a bundle's names and numbers and its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import compose, helper, numpy_helper

from export.border import unrounded
from export.describe import FREE_AXES
from export.foreign.original import Arrays, Original
from export.foreign.pictures import Pictures
from export.foreign.values import Codes, Labels, Latents, Probabilities
from export.nodes import Nodes
from export.to_onnx import OPSET
from serving.bundle.manifest import Tensor
from serving.bundle.names import LABEL, LATENT, PICTURES
from serving.runtime.one_by_one import run_any_number
from serving.runtime.sessions import ON_CPU, session_of

INSIDE, BORDER = "network/", "border/"
ELEMENTS = {"uint8": onnx.TensorProto.UINT8, "float32": onnx.TensorProto.FLOAT, "int64": onnx.TensorProto.INT64}


@dataclass(frozen=True)
class Border:
    """What goes into a network and what comes out.

    Attributes:
        given: pictures, latents and labels that it takes.
        made: pictures, codes or probabilities that it gives.
        batch: 1 where it takes one example at a time, None for any number.
    """

    given: tuple[Pictures | Latents | Labels, ...]
    made: tuple[Pictures | Codes | Probabilities, ...]
    batch: int | None = None

    @property
    def inputs(self) -> dict[str, Tensor]:
        """The manifest's description of what goes in."""
        found: dict[str, Tensor] = {}
        for each in self.given:
            found |= {each.name: each.tensor} if isinstance(each, Pictures) else each.tensors
        return found

    @property
    def outputs(self) -> dict[str, Tensor]:
        """The manifest's description of what comes out."""
        return {each.name: each.tensor for each in self.made}

    @property
    def facts(self) -> dict[str, str]:
        """What each input and output of the network is, for people."""
        facts: dict[str, str] = {}
        for given in self.given:
            slots = given.slots if isinstance(given, Latents) else (given.slot,)
            kind = {Latents: LATENT, Labels: LABEL}.get(type(given), "")
            facts |= {slot.name: given.text if isinstance(given, Pictures) else kind for slot in slots}
        for made in self.made:
            facts[made.slot.name] = made.text if isinstance(made, Pictures) else made.name
        return facts

    @property
    def image(self) -> Pictures | None:
        """The pictures that it takes, if it does."""
        return next((each for each in self.given if isinstance(each, Pictures)), None)

    @property
    def free(self) -> bool:
        """Whether it takes pictures of free sides."""
        return self.image is not None and None in self.image.sides

    def feed(self, outside: Mapping[str, np.ndarray]) -> Arrays:
        """What the network must be given."""
        inside: Arrays = {}
        for each in self.given:
            inside |= each.feed(dict(outside))
        return inside

    def read(self, inside: Arrays) -> Arrays:
        """What the bundle gives of what the network made; pictures in [-1, 1]."""
        outside: Arrays = {}
        for each in self.made:
            outside |= each.read(inside)
        return outside

    def around(self, graph: onnx.ModelProto) -> onnx.ModelProto:
        """The graph of a network with this border, the pictures that were rounded beside those that are."""
        inner = compose.add_prefix(graph, INSIDE).graph
        before, behind = Nodes(f"{BORDER}in/"), Nodes(f"{BORDER}out/")
        inside = {value.name: f"{INSIDE}{value.name}" for value in graph.graph.input}
        for given in self.given:
            if isinstance(given, Pictures):
                given.write_feed(before, inside[given.slot.name])
            else:
                given.write_feed(before, inside)
        names = [name for made in self.made for name in made.write_read(behind, f"{INSIDE}{made.slot.name}")]
        tensors = {**self.outputs, **self._unrounded(names)}
        whole = helper.make_graph(
            [*before.nodes, *inner.node, *behind.nodes],
            "network",
            [_value(name, tensor, self.batch) for name, tensor in self.inputs.items()],
            [_value(name, tensors[name], self.batch) for name in names],
            [*before.initializers, *inner.initializer, *behind.initializers],
        )
        return helper.make_model(
            whole,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=graph.ir_version,
            producer_name="keras-gen",
        )

    def _unrounded(self, names: list[str]) -> dict[str, Tensor]:
        made = {each.name: each.tensor for each in self.made if isinstance(each, Pictures)}
        others = [name for name in names if name not in self.outputs]
        return {name: Tensor(tensor.axes, "float32") for name, tensor in zip(others, made.values(), strict=True)}


class OfOriginal:
    """What a bundle's network must compute: its original, behind the same border in NumPy.

    Args:
        original: the network.
        border: around it.
        graph: of the network without a border, by which the size of rounding errors is found.
    """

    bounded = False

    def __init__(self, original: Original, border: Border, graph: onnx.ModelProto) -> None:
        self.original = original
        self.border = border
        self.graph = graph

    @property
    def runtime(self) -> str:
        """What runs the original."""
        return self.original.runtime

    def outputs(self, feed: Mapping[str, np.ndarray]) -> Arrays:
        """As `Reference.outputs`."""
        return self.border.read(self.original.run(self.border.feed(feed)))

    def rounding(self, feed: Mapping[str, np.ndarray], expected: Arrays) -> dict[str, float]:
        """As `Reference.rounding`."""
        inside = self.border.feed(feed)
        before = self._read(self.graph, inside)
        after = self._read(_rounded(self.graph), {name: _nudged(value) for name, value in inside.items()})
        found = {name: float(np.max(np.abs(after[name] - before[name]))) for name in after}
        return found | {unrounded(name): found[name] for name in PICTURES if name in found}

    def _read(self, graph: onnx.ModelProto, inside: Arrays) -> Arrays:
        names = [value.name for value in graph.graph.output]
        session = session_of(graph.SerializeToString(), ON_CPU)
        return self.border.read(dict(zip(names, run_any_number(session, names, inside), strict=True)))


def _value(name: str, tensor: Tensor, batch: int | None) -> onnx.ValueInfoProto:
    axes = [axis if isinstance(axis, int) else FREE_AXES[index] for index, axis in enumerate(tensor.axes)]
    axes[0] = batch or axes[0]
    return helper.make_tensor_value_info(name, ELEMENTS[tensor.dtype], axes)


def _rounded(graph: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose weights are rounded once more, up or down by chance."""
    copy = onnx.ModelProto()
    copy.CopyFrom(graph)
    for tensor in copy.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            tensor.CopyFrom(numpy_helper.from_array(_nudged(numpy_helper.to_array(tensor)), tensor.name))
    return copy


def _nudged(values: np.ndarray) -> np.ndarray:
    if values.dtype != np.float32:
        return values
    way = np.random.default_rng(0).choice([-np.inf, np.inf], values.shape)
    return np.asarray(np.nextafter(values, way, dtype=np.float32))
