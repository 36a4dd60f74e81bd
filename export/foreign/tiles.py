"""The `_tile` network of a translator that keras-gen did not train."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import onnx

from export.foreign.border import OfOriginal
from export.foreign.original import EXAMPLE, Arrays
from export.graph.tile_statistics import measured_by_hand, normalizations, with_given_statistics
from export.parity import check_network
from export.stored import Exported
from export.to_onnx import without_unrounded
from serving.bundle.manifest import Tensor
from serving.bundle.names import IMAGE, MEASURED_STATISTICS, STATISTICS, TRANSLATION, USE_OWN_STATISTICS
from serving.runtime.one_by_one import run_any_number
from serving.runtime.sessions import ON_CPU, session_of

# What looks at all pixels of a picture at once, and would look at a tile's alone.
OF_ALL_PIXELS = ("GlobalAveragePool", "GlobalMaxPool", "GroupNormalization", "LayerNormalization", "Softmax")
REDUCTIONS = "Reduce"


class Tiled(NamedTuple):
    """A network for tiles.

    Attributes:
        exported: it.
        parity: how far it is from its original.
    """

    exported: Exported
    parity: dict[str, float]


def tile_network(name: str, whole: onnx.ModelProto, reference: OfOriginal, multiple: int) -> Tiled | None:
    """The network that normalizes a tile by the statistics of the whole picture, compared with the original on whole
    pictures; None where nothing in it is an instance normalization, or where something else looks at all pixels.

    Args:
        name: of the network, for messages.
        whole: the translator with its border, the unrounded picture among its outputs.
        reference: what it must compute.
        multiple: what the sides of pictures must be multiples of.

    Raises:
        ParityError: it differs from the original.
    """
    model = with_given_statistics(whole)
    if model is None or looks_at_all_pixels(whole):
        return None
    border = reference.border
    size = 2 * sum(each.channels for each in normalizations(whole))
    statistics = Tensor(("n", size), "float32")
    inputs = {
        IMAGE: border.inputs[IMAGE],
        STATISTICS: statistics,
        USE_OWN_STATISTICS: Tensor(("n", 1), "float32", (0.0, 1.0)),
    }
    outputs = {TRANSLATION: border.outputs[TRANSLATION], MEASURED_STATISTICS: statistics}
    parity = check_network(name, model, _OfTiles(whole, reference), inputs, (EXAMPLE, EXAMPLE), multiple)
    return Tiled(Exported(without_unrounded(model), inputs, outputs, border.batch), parity)


def looks_at_all_pixels(model: onnx.ModelProto) -> bool:
    """Whether something but an instance normalization does."""
    return any(node.op_type in OF_ALL_PIXELS or node.op_type.startswith(REDUCTIONS) for node in model.graph.node)


class _OfTiles:
    """The original, and the statistics of what its normalizations get, by hand."""

    bounded = False

    def __init__(self, whole: onnx.ModelProto, reference: OfOriginal) -> None:
        self.reference = reference
        self.found = normalizations(whole)
        copy = onnx.ModelProto()
        copy.CopyFrom(whole)
        del copy.graph.output[:]
        for name in dict.fromkeys(each.images for each in self.found):
            copy.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
        self.session = session_of(copy.SerializeToString(), ON_CPU)

    @property
    def runtime(self) -> str:
        return self.reference.runtime

    def outputs(self, feed: Mapping[str, np.ndarray]) -> Arrays:
        names = [value.name for value in self.session.get_outputs()]
        values = dict(zip(names, run_any_number(self.session, names, {IMAGE: feed[IMAGE]}), strict=True))
        measured = measured_by_hand(values, self.found)
        return {**self.reference.outputs({IMAGE: feed[IMAGE]}), MEASURED_STATISTICS: measured}

    def rounding(self, feed: Mapping[str, np.ndarray], expected: Arrays) -> dict[str, float]:
        picture = {name: value for name, value in expected.items() if name != MEASURED_STATISTICS}
        return self.reference.rounding({IMAGE: feed[IMAGE]}, picture)
