"""The gate that every exported network passes: ONNX Runtime against the original, output by output."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import keras
import numpy as np
import onnx
import onnxruntime as ort

from export.border import OF_POINTS, is_unrounded, unrounded
from export.reference import Reference, check_sides, reference_of, rounding_of
from serving.bundle.manifest import Tensor
from serving.bundle.names import (
    IMAGE,
    LABEL,
    LATENT,
    MEASURED_STATISTICS,
    NOISE,
    PICTURES,
    STATISTICS,
    TRUNCATION,
    USE_OWN_STATISTICS,
)
from serving.common.errors import InputError
from serving.common.images import to_uint8
from serving.common.noise import standard_normal
from serving.runtime.one_by_one import run_any_number
from serving.runtime.sessions import ON_CPU, session_of

BATCHES = (1, 3, 17)
TRUNCATIONS = (np.inf, 1.0, 0.5)
FLOAT_TOLERANCE = 1e-4
GREY_LEVEL_TOLERANCE = 1.0
# How many times as far as one rounding of weights and inputs moves an output, the many of two runtimes may.
ROUNDINGS = 8.0

Arrays = dict[str, np.ndarray]
Draw = Callable[..., np.ndarray]


class ParityError(RuntimeError):
    """An exported network does not compute what the original computes; the message has the difference per output."""


def check_network(
    name: str,
    model: onnx.ModelProto,
    network: keras.Model | Reference,
    inputs: Mapping[str, Tensor],
    sides: tuple[int, int] = (1, 1),
    multiple: int = 1,
) -> dict[str, float]:
    """Compares a converted network with its original at batches of 1, 3 and 17; one of free sides at two other sizes
    too, and one that can be told statistics with those that it measured.

    Sides are odd and even multiples of `multiple`, and translations must have those of their images.

    Args:
        name: the network's name, for the message.
        model: the ONNX model, the unrounded picture among its outputs where it rounds one.
        network: the Keras network, pictures in [-1, 1], or what stands for another original.
        inputs: the manifest's description of the inputs.
        sides: height and width of pictures whose sides are free.
        multiple: what the manifest says that free sides must be multiples of.

    Returns:
        Output -> largest difference: in grey levels for uint8 pictures, else absolute.

    Raises:
        InputError: a translation of other sides than its image.
        ParityError: a difference above one grey level, or above 1e-4 for pictures that are not rounded. What is not a
            picture may differ by 1e-4 of its largest value, or by what rounding does to it in the original itself.
    """
    session = _open(name, model)
    names = [output.name for output in session.get_outputs()]
    reference = reference_of(network)
    worst = _Worst(name, reference)
    height, width = (-(-side // multiple) * multiple for side in sides)
    others = [(height + multiple, width + 2 * multiple), (height + 2 * multiple, width + multiple)]
    others = others if _of_free_sides(inputs) else []
    cases = [*((batch, (height, width)) for batch in BATCHES), *((1, other) for other in others)]

    def compare(feed: Arrays) -> Arrays:
        expected = reference.outputs(feed)
        check_sides(name, feed, expected)
        received = dict(zip(names, _run(name, session, names, feed), strict=True))
        expected |= {unrounded(key): expected[key] for key in PICTURES if unrounded(key) in received}
        worst.compare(expected, received, lambda: reference.rounding(feed, expected))
        return expected

    for batch, (height, width) in cases:
        feed = _example_inputs(inputs, batch, {"height": height, "width": width})
        if USE_OWN_STATISTICS not in feed:
            compare(feed)
            continue
        # Statistics that no picture has would let values grow through the layers, and their rounding errors with them.
        measured = compare({**feed, USE_OWN_STATISTICS: np.ones_like(feed[USE_OWN_STATISTICS])})[MEASURED_STATISTICS]
        compare({**feed, STATISTICS: measured, USE_OWN_STATISTICS: np.zeros_like(feed[USE_OWN_STATISTICS])})
    return worst.checked()


def check_noise(
    model: onnx.ModelProto, draw: Draw, inputs: Mapping[str, Tensor], prior: keras.Model | None = None
) -> dict[str, float]:
    """Compares the latents of seeds with a reference.

    Args:
        model: the ONNX model.
        draw: (n, seed, labels or None, start), and `truncation` where it is an input, to latents.
        inputs: the manifest's description of the inputs.
        prior: the original network from noise to latents, where there is one.

    Raises:
        ParityError: as `check_network`.
    """
    session = session_of(model.SerializeToString(), ON_CPU)
    worst = _Worst("noise")
    for n, start in zip(BATCHES, (0, 5, 2**40), strict=True):
        for choice in _choices(inputs, n):
            expected = _drawn(draw, n, -n, start, choice)
            feed = {**_scalars(seed=-n, n=n, start=start), **choice}
            wanted = {LATENT: expected}
            rounding = None if prior is None else partial(_rounding_of_prior, prior, -n, n, start, choice, wanted)
            worst.compare(wanted, {LATENT: session.run([LATENT], feed)[0]}, rounding)
    return worst.checked()


def check_sampler(
    model: onnx.ModelProto, decoder: keras.Model | Reference, draw: Draw, inputs: Mapping[str, Tensor]
) -> dict[str, float]:
    """Compares pictures drawn by seed with the original's pictures of a reference's latents.

    Args:
        model: the ONNX model.
        decoder: as the network of `check_network`.
        draw: (n, seed, labels or None, start), and `truncation` where it is an input, to latents.
        inputs: the manifest's description of the inputs.

    Raises:
        ParityError: as `check_network`.
    """
    session = session_of(model.SerializeToString(), ON_CPU)
    reference = reference_of(decoder)
    worst = _Worst("sampler", reference)
    for n in BATCHES:
        for choice in _choices(inputs, n):
            known = {**choice, LATENT: _drawn(draw, n, n, 0, choice)}
            expected = reference.outputs(known)
            feed = {**_scalars(seed=n, n=n), **choice}
            received = {IMAGE: session.run([IMAGE], feed)[0]}
            worst.compare(expected, received, partial(reference.rounding, known, expected))
    return worst.checked()


def _open(name: str, model: onnx.ModelProto) -> ort.InferenceSession:
    try:
        return session_of(model.SerializeToString(), ON_CPU)
    except InputError as error:
        raise ParityError(f"the exported network {name!r} must open in ONNX Runtime. Received: {error}") from error


def _run(name: str, session: ort.InferenceSession, outputs: list[str], feed: Arrays) -> list[np.ndarray]:
    try:
        return run_any_number(session, outputs, feed)
    except Exception as error:  # ONNX Runtime's errors have no class of their own in common
        sizes = ", ".join(f"{key} {'x'.join(map(str, value.shape))}" for key, value in feed.items())
        reason = " ".join(str(error).split())
        raise ParityError(f"the exported network {name!r} must run with {sizes}. Received: {reason}") from error


def _scalars(**values: int) -> Arrays:
    return {name: np.array(value, np.int64) for name, value in values.items()}


def _choices(inputs: Mapping[str, Tensor], n: int) -> Iterator[Arrays]:
    """What a graph can be told beside its numbers: the labels of `n` draws, and one truncation after the other."""
    labels = _example_inputs({name: tensor for name, tensor in inputs.items() if name == LABEL}, n)
    if TRUNCATION not in inputs:
        yield labels
        return
    for truncation in TRUNCATIONS:
        yield {**labels, TRUNCATION: np.array(truncation, np.float32)}


def drawn_by(model: onnx.ModelProto) -> Draw:
    """What draws latents as a graph of the noise computes them, with a free start."""
    session = session_of(model.SerializeToString(), ON_CPU)

    def drawn(n: int, seed: int, labels: np.ndarray | None, start: int, truncation: float = np.inf) -> np.ndarray:
        feed = {**_scalars(seed=seed, n=n, start=start), LABEL: labels, TRUNCATION: np.array(truncation, np.float32)}
        taken = {value.name for value in session.get_inputs()}
        return session.run([LATENT], {name: value for name, value in feed.items() if name in taken})[0]

    return drawn


def _rounding_of_prior(
    prior: keras.Model, seed: int, n: int, start: int, choice: Arrays, expected: Arrays
) -> dict[str, float]:
    """How far rounding alone moves the latents of a seed."""
    noise = standard_normal(seed, n, prior.input[NOISE].shape[-1], start)
    return rounding_of(prior, {NOISE: noise, **choice}, expected)


def _drawn(draw: Draw, n: int, seed: int, start: int, choice: Arrays) -> np.ndarray:
    truncation = {TRUNCATION: float(choice[TRUNCATION])} if TRUNCATION in choice else {}
    return draw(n, seed, choice.get(LABEL), start, **truncation)


class _Worst:
    """The largest difference per output so far, and those that are too large."""

    def __init__(self, network: str, reference: Reference | None = None) -> None:
        self.network = network
        self.runtime = "Keras" if reference is None else reference.runtime
        self.bounded = reference is None or reference.bounded
        self.differences: dict[str, float] = {}
        self.limits: dict[str, float] = {}
        self.exceeded = False

    def compare(
        self, expected: Arrays, received: Arrays, rounding: Callable[[], Mapping[str, float]] | None = None
    ) -> None:
        """Adds what was received to the differences.

        Args:
            expected: arrays by name.
            received: arrays by name.
            rounding: how far rounding alone moves what is expected, for outputs whose limits depend on their values;
                asked where a difference is too large otherwise.
        """
        for name, value in received.items():
            wanted = to_uint8(expected[name]) if value.dtype == np.uint8 else expected[name]
            if wanted.shape != value.shape:
                raise ParityError(
                    f"{name!r} of {self.network!r} must have the shape {wanted.shape}. Received: {value.shape}."
                )
            difference = float(np.max(np.abs(wanted.astype(np.float64) - value)))
            limit = GREY_LEVEL_TOLERANCE if value.dtype == np.uint8 else FLOAT_TOLERANCE
            if rounding is not None and not self._is_within_bounds(name, value):
                limit *= max(1.0, float(np.max(np.abs(wanted))))
                if difference > limit:
                    limit = max(limit, ROUNDINGS * rounding().get(name, 0.0))
            # A NaN is never at most anything, and np.maximum keeps one where max() would drop one that comes second.
            exceeds = not difference <= limit
            self.exceeded |= exceeds
            self.differences[name] = float(np.maximum(self.differences.get(name, 0.0), difference))
            self.limits[name] = limit if exceeds else max(limit, self.limits.get(name, 0.0))

    def checked(self) -> dict[str, float]:
        """The differences, or ParityError where one is too large."""
        if not self.exceeded:
            return self.differences
        shown = ", ".join(
            f"{name} {value:.3g} (at most {self.limits[name]:.3g})" for name, value in self.differences.items()
        )
        raise ParityError(f"the exported network {self.network!r} must agree with {self.runtime}. Received: {shown}.")

    def _is_within_bounds(self, name: str, value: np.ndarray) -> bool:
        """Whether values are grey levels, or numbers in [-1, 1] that must not depend on their size, unlike points."""
        if name in PICTURES and value.ndim == OF_POINTS:
            return False
        return name in PICTURES or (self.bounded and is_unrounded(name))


def _of_free_sides(inputs: Mapping[str, Tensor]) -> bool:
    return any("height" in tensor.axes or "width" in tensor.axes for tensor in inputs.values())


def _example_inputs(inputs: Mapping[str, Tensor], batch: int, sides: Mapping[str, int] | None = None) -> Arrays:
    """Repeatable inputs of the described types: all grey levels, or standard normal numbers; `sides` are the sizes of
    free axes but the first."""
    arrays: Arrays = {}
    for name, tensor in inputs.items():
        axes = tuple((sides or {}).get(axis, batch) if isinstance(axis, str) else axis for axis in tensor.axes)
        if tensor.dtype == "int64":
            assert tensor.range is not None, "labels have the classes as their range"
            arrays[name] = np.arange(batch, dtype=np.int64) % int(tensor.range[1] + 1)
        elif tensor.dtype == "uint8":
            arrays[name] = np.random.default_rng(batch).integers(0, 256, axes, dtype=np.uint8)
        else:
            flat = standard_normal(seed=batch, n=batch, size=int(np.prod(axes[1:]))).reshape(axes)
            arrays[name] = flat if tensor.range is None else np.clip(flat, *tensor.range)
    return arrays
