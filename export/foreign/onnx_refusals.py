"""Kinds of operators that no network of a bundle may have, by name and with what to do instead."""

from __future__ import annotations

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
