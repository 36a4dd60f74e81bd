"""Networks in smaller numbers, where their pictures stay what they were."""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import onnx

from export.graph import tidied
from export.half_weights import with_half_weights
from export.quality import Feed, check_least_psnr, kept_psnr
from serving.bundle.manifest import Quantization
from serving.common.errors import require_among
from serving.common.interpolation import Choice
from serving.runtime.one_by_one import rows, takes_one
from serving.runtime.sessions import ON_CPU, session_of

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Kind = Literal["int8", "fp16", "fp16-weights"]
LEAST_PSNR = 30.0
# ONNX Runtime's transposed convolution of 8-bit numbers is slower than that of float32, and its error is larger.
OPERATORS = ["Conv", "Gemm", "MatMul"]
ROUNDS = 9


@dataclass(frozen=True)
class Wish:
    """What numbers networks shall be in, and how near their pictures must stay.

    Attributes:
        kind: `int8`, 8-bit weights and values of what gains by it, for a CPU; `fp16`, 16-bit floats, for a GPU;
            `fp16-weights`, weights in 16-bit floats that are computed with in float32, for small files anywhere.
        least_psnr: of every picture that is judged against that of the same network in float32, in dB.
        data: name of a data set to measure on, for networks that take pictures or codes of them; what starts from a
            prior needs none.
        value_range: the numbers of that data that are black and white, as in training; full scale by default.
        interpolation: how its pictures are resized, `nearest` or `bicubic`; by the number of colours by default.
        interpolation_a: the same for domain A, of a model that translates.
        interpolation_b: the same for domain B.
    """

    kind: Kind
    least_psnr: float = LEAST_PSNR
    data: str | None = None
    value_range: tuple[float, float] | None = None
    interpolation: Choice | None = None
    interpolation_a: Choice | None = None
    interpolation_b: Choice | None = None

    def __post_init__(self) -> None:
        require_among(get_args(Kind), quantize=self.kind)
        check_least_psnr(self.least_psnr)

    @property
    def weights_only(self) -> bool:
        """Whether networks compute in float32, so that those that give codes may take part too."""
        return self.kind == "fp16-weights"


class Smaller(NamedTuple):
    """A network in smaller numbers; None for both where float32 is faster.

    Attributes:
        graph: it.
        facts: what the manifest says of it.
        time: its share of the time that the network takes in float32, where that was measured.
    """

    graph: onnx.ModelProto | None
    facts: Quantization | None
    time: float | None


def quantized(name: str, model: onnx.ModelProto, feeds: Sequence[Feed], wish: Wish) -> Smaller:
    """A network in smaller numbers.

    Args:
        name: the network's, for the message.
        model: in float32; one output of it is a picture, unless only its weights become smaller.
        feeds: at least two of its inputs; the first half is what ranges of values are measured on, the second half what
            the pictures are judged by.
        wish: the numbers, and how near the pictures must stay.

    Raises:
        QualityError: a picture is further away.
    """
    known, judged = feeds[: len(feeds) // 2], feeds[len(feeds) // 2 :]
    before = session_of(model.SerializeToString(), ON_CPU)
    if takes_one(before):
        known, judged = ([row for feed in half for row in rows(feed)] for half in (known, judged))
    smaller = _converted(model, known, wish.kind)
    after = session_of(smaller.SerializeToString(), ON_CPU)
    measured = kept_psnr(f"{name!r} in {wish.kind}", before, after, judged, wish.least_psnr)
    # No CPU computes in 16 bits what a GPU does: its time says nothing. Weights alone change no time.
    share = _share_of_time(before, after, judged[0]) if wish.kind == "int8" else None
    if share is not None and share >= 1:
        return Smaller(None, None, share)
    numbers = "fp16" if wish.weights_only else wish.kind
    return Smaller(smaller, Quantization(numbers, measured, wish.least_psnr, wish.weights_only), share)


def _converted(model: onnx.ModelProto, feeds: Sequence[Feed], kind: Kind) -> onnx.ModelProto:
    if kind == "int8":
        return _in_8_bits(model, feeds)
    return with_half_weights(model) if kind == "fp16-weights" else _in_16_bits(model)


def _in_8_bits(model: onnx.ModelProto, feeds: Sequence[Feed]) -> onnx.ModelProto:
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.feeds = iter(feeds)

        def get_next(self) -> Feed | None:
            return next(self.feeds, None)

    # It recommends a pass over the graph that `export.graph` has made already.
    logging.getLogger().addFilter(_silent)
    try:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            given, made = Path(folder, "given.onnx"), Path(folder, "made.onnx")
            given.write_bytes(model.SerializeToString())
            quantize_static(
                given,
                made,
                Reader(),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=OPERATORS,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
            return tidied(onnx.load_from_string(made.read_bytes()))
    finally:
        logging.getLogger().removeFilter(_silent)


def _silent(record: logging.LogRecord) -> bool:
    return "pre-processing" not in record.getMessage()


def _in_16_bits(model: onnx.ModelProto) -> onnx.ModelProto:
    """Inputs and outputs keep their types."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    with warnings.catch_warnings():
        # Of numbers below what 16 bits can hold, which become the smallest that they can.
        warnings.simplefilter("ignore")
        return tidied(convert_float_to_float16(copy, keep_io_types=True))


def _share_of_time(before: InferenceSession, after: InferenceSession, feed: Feed) -> float:
    """The median of `after` by `before`, one run of each in turn."""
    shares = []
    for _ in range(ROUNDS + 1):
        seconds = []
        for session in (before, after):
            started = time.perf_counter()
            session.run(None, feed)
            seconds.append(time.perf_counter() - started)
        shares.append(seconds[1] / seconds[0])
    return statistics.median(shares[1:])
