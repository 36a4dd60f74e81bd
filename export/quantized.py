"""Networks in smaller numbers, where their pictures stay what they were."""

from __future__ import annotations

import logging
import statistics
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np
import onnx

from export.graph import tidied
from serving.bundle.manifest import Quantization
from serving.bundle.names import PICTURES
from serving.common.errors import InputError, require_among
from serving.common.images import to_float
from serving.common.interpolation import Choice
from serving.latents.distortion import psnr
from serving.runtime.sessions import ON_CPU, session_of

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Kind = Literal["int8", "fp16"]
Feed = Mapping[str, np.ndarray]
LEAST_PSNR = 30.0
# ONNX Runtime's transposed convolution of 8-bit numbers is slower than that of float32, and its error is larger.
OPERATORS = ["Conv", "Gemm", "MatMul"]
ROUNDS = 9


class QualityError(RuntimeError):
    """The pictures of a quantized network differ too much; the message has the PSNR."""


@dataclass(frozen=True)
class Wish:
    """What numbers networks shall be in, and how near their pictures must stay.

    Attributes:
        kind: `int8`, 8-bit weights and values of what gains by it, for a CPU; `fp16`, 16-bit floats, for a GPU.
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
        if not self.least_psnr > 0:
            raise InputError(f"`least_psnr` must be above 0 dB. Received: {self.least_psnr}.")


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
        model: in float32, one output of which is a picture.
        feeds: at least two of its inputs; the first half is what ranges of values are measured on, the second half what
            the pictures are judged by.
        wish: the numbers, and how near the pictures must stay.

    Raises:
        QualityError: a picture is further away.
    """
    known, judged = feeds[: len(feeds) // 2], feeds[len(feeds) // 2 :]
    smaller = _in_8_bits(model, known) if wish.kind == "int8" else _in_16_bits(model)
    before, after = session_of(model.SerializeToString(), ON_CPU), session_of(smaller.SerializeToString(), ON_CPU)
    measured = min(lowest_psnr(before, after, feed) for feed in judged)
    if not measured >= wish.least_psnr:
        raise QualityError(
            f"the network {name!r} in {wish.kind} must keep its pictures at {wish.least_psnr:g} dB. "
            f"Received: {measured:.1f} dB."
        )
    # No CPU computes in 16 bits what a GPU does: its time says nothing.
    share = _share_of_time(before, after, judged[0]) if wish.kind == "int8" else None
    if share is not None and share >= 1:
        return Smaller(None, None, share)
    return Smaller(smaller, Quantization(wish.kind, min(round(measured, 2), 999.0), wish.least_psnr), share)


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


def lowest_psnr(before: InferenceSession, after: InferenceSession, feed: Feed) -> float:
    """The lowest of a feed's pictures, in dB."""
    name = next(output.name for output in before.get_outputs() if output.name in PICTURES)
    reference, images = (to_float(session.run([name], feed)[0]) for session in (before, after))
    return float(psnr(images, reference).min())


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
