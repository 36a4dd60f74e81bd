"""Kinds of operators that no network of a bundle may have, by name and with what to do instead."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import numpy_helper

from serving.bundle.onnx_contents import Contents, Operator
from serving.bundle.operators import DOMAINS
from serving.common.errors import InputError

CONTROL = ("If", "Loop", "Scan")
RECURRENT = ("RNN", "LSTM", "GRU")
RANDOM = ("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli")
TEXTS = ("StringNormalizer", "StringConcat", "StringSplit", "RegexFullMatch", "TfIdfVectorizer", "ImageDecoder")

ONE_GRAPH = "write the file with `torch.onnx.export(..., dynamo=True)` in `eval()` mode, or with sizes that are fixed"
KINDS = (
    ("choose no graphs while it runs", CONTROL, ONE_GRAPH),
    ("make no sequences", ("Sequence", "SplitToSequence", "ConcatFromSequence", "Optional"), ONE_GRAPH),
    ("draw no noise inside, which no runtime could repeat", RANDOM, "make the noise an input of the network"),
    ("have no recurrent layers", RECURRENT, "bundles hold networks of pictures"),
    ("read no texts", TEXTS, "do that before the network"),
)
LONGEST = 200
OF_RUNTIMES = ("com.microsoft", "com.microsoft.nchwc", "com.microsoft.experimental", "org.pytorch.aten")


def check_kinds(contents: Contents, what: str) -> None:
    """Refuses a file by the kind of operator that it has; those of the functions that it defines itself are judged by
    what they are made of.

    Args:
        contents: of the file.
        what: the file, for the message.

    Raises:
        InputError: operators of other domains, of control flow, sequences, noise, recurrent layers or texts.
    """
    if not contents.functions and (custom := sorted(filter(_is_custom, contents.operators))):
        raise InputError(
            f"{what} must use operators of ONNX alone. Received: {_shown(custom)}; {_advice(custom[0].domain)}."
        )
    for rule, names, advice in KINDS:
        if found := sorted(each for each in contents.operators if not _is_custom(each) and _is_of(each, names)):
            raise InputError(f"{what} must {rule}. Received: {_shown(found)}; {advice}.")


def check_inference(model: onnx.ModelProto, what: str) -> None:
    """Refuses a network that was written as it is trained: normalized by the batch, or with dropout at work.

    Args:
        model: with all numbers inside.
        what: the file, for the message.

    Raises:
        InputError: such an operator.
    """
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    constants |= {
        node.output[0]: attribute.t
        for node in model.graph.node
        if node.op_type == "Constant"
        for attribute in node.attribute
        if attribute.HasField("t")
    }
    for node in model.graph.node:
        if _is_in_training(node, constants):
            raise InputError(
                f"{what} must be written for inference. Received: {node.op_type} in training mode"
                f"{f' in {node.name[:80]!r}' if node.name else ''}; write it after `eval()`."
            )


def in_one_line(error: Exception) -> str:
    """What an error says, cut off where it is long."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _is_in_training(node: onnx.NodeProto, constants: dict[str, onnx.TensorProto]) -> bool:
    if node.op_type == "BatchNormalization":
        # Up to opset 13 it is the outputs that say it.
        mode = any(attribute.name == "training_mode" and attribute.i for attribute in node.attribute)
        return mode or sum(map(bool, node.output)) > 1
    if node.op_type == "Dropout" and len(node.input) > 2 and node.input[2]:
        stored = constants.get(node.input[2])
        return stored is None or bool(np.any(numpy_helper.to_array(stored)))
    return False


def _is_custom(operator: Operator) -> bool:
    return operator.domain not in DOMAINS


def _is_of(operator: Operator, names: tuple[str, ...]) -> bool:
    """Whether it is one of some, or of a family, such as `Sequence`, that ONNX names so."""
    families = tuple(name for name in names if name in ("Sequence", "Optional"))
    return operator.name in names or operator.name.startswith(families)


def _advice(domain: str) -> str:
    if domain.startswith(OF_RUNTIMES):
        return "give the file from before it was optimized for one runtime"
    return "write that layer with ONNX's own operators"


def _shown(operators: list[Operator]) -> str:
    return ", ".join(repr(f"{each.domain}.{each.name}".lstrip(".")[:80]) for each in operators[:3])
