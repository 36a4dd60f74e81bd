"""The border of a network by its role: what is said of it, and what can be told from its shapes and its graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import onnx

from export.culprits import in_one_line
from export.foreign.border import Border
from export.foreign.original import EXAMPLE, Arrays, Original, Slot
from export.foreign.pictures import Meaning, Pictures
from export.foreign.roles import inputs_of, outputs_of
from export.foreign.said import Pair, Said
from export.foreign.sizes import multiple_of
from export.foreign.told import Told
from export.foreign.values import Codes, Labels, Latents, Probabilities
from serving.bundle.names import CLASSIFIER, DECODER, ENCODER, IMAGE, LABEL, LATENT, TRANSLATION
from serving.common.errors import InputError

COLOURS = (1, 3, 4)
DEFAULT: Pair = (-1.0, 1.0)
GREY_LEVELS: Pair = (0.0, 255.0)
RANKS = {"picture": 4, "grey picture": 3, "row": 2}
Shape = tuple[int | None, int | None, int]


class Bordered(NamedTuple):
    """A network with its border.

    Attributes:
        original: the network.
        border: around it.
        graph: of the network, its chosen outputs alone.
        multiple: what the sides of its pictures must be multiples of where they are free.
        told: what nobody said, for the user.
    """

    original: Original
    border: Border
    graph: onnx.ModelProto
    multiple: int
    told: str


@dataclass
class _Notes:
    """What was told, and what the user can say instead."""

    notes: list[str]
    options: list[str]

    def add(self, note: str, option: str) -> None:
        self.notes.append(note)
        if option not in self.options:
            self.options.append(option)

    @property
    def line(self) -> str:
        if not self.notes:
            return ""
        return f"taken for: {', '.join(self.notes)}; say {' or '.join(self.options)} if not"


def bordered(role: str, original: Original, said: Said, classes: int, size: Shape | None = None) -> Bordered:
    """Puts a border around a network.

    Args:
        role: `decoder`, `encoder`, `classifier`, or a direction of translation.
        original: the network.
        said: what the user says.
        classes: how many classes there are.
        size: of the other networks' pictures, for one that takes any.

    Raises:
        InputError: a role that does not fit, or what can neither be told nor was said.
    """
    notes = _Notes([], [])
    slots = inputs_of(role, original, said.inputs, classes)
    free = role not in (DECODER, ENCODER, CLASSIFIER)
    image = slots.get(IMAGE, [None])[0]
    taken = None if image is None else _geometry(role, original, image, said, free, size)
    example = _run(role, original, {slot.name: _zeros(slot, taken) for slot in original.inputs})
    made = [Slot(name, (None, *value.shape[1:]), value.dtype.name) for name, value in example.items() if value.ndim]
    chosen = outputs_of(role, original, made, said.outputs, lambda slot: _fits(role, slot, said, classes), classes)
    graph = original.graph([slot.name for slot in chosen.values()])
    _check_numbers(role, original, graph)
    _check_sense(role, original, slots, chosen)
    told = Told(graph)
    outputs: list[Pictures | Codes | Probabilities] = []
    if role in (ENCODER, CLASSIFIER):
        meaning = None if taken is None else _meaning_in(said, taken, told, None, notes)
        for kind, slot in chosen.items():
            outputs.append(Codes(slot, kind) if role == ENCODER else _probabilities(original, slot, said, told, notes))
    else:
        (slot,) = chosen.values()
        name = IMAGE if role == DECODER else TRANSLATION
        geometry = _geometry_out(role, original, slot, said, taken)
        span = told.interval(slot.name)
        meaning = None if taken is None else _meaning_in(said, taken, told, span, notes)
        sides = geometry.sides if taken is None or None not in taken.sides else taken.sides
        out = _meaning_out(said, geometry, meaning, span, told.last_operator(slot.name), notes)
        outputs.append(Pictures(slot, name, sides, geometry.channels, out, geometry.first))
    inputs: list[Pictures | Latents | Labels] = []
    if taken is not None and meaning is not None and image is not None:
        inputs.append(Pictures(image, IMAGE, taken.sides, taken.channels, meaning, taken.first))
        if taken.told:
            notes.add("channels first" if taken.first else "channels last", "--layout")
    if LATENT in slots:
        inputs.append(_latents(role, original, slots[LATENT], said))
    if LABEL in slots:
        inputs.append(_labels(original, slots[LABEL][0], said, classes, notes))
    border = Border(tuple(inputs), tuple(outputs))
    multiple = multiple_of(role, original, border) if border.free else 1
    return Bordered(original, border, graph, multiple, notes.line)


@dataclass(frozen=True)
class _Geometry:
    sides: tuple[int | None, int | None]
    channels: int
    first: bool
    told: bool = False


def _geometry(role: str, original: Original, slot: Slot, said: Said, free: bool, size: Shape | None) -> _Geometry:
    """Sides, channels and layout of the pictures that a network takes."""
    shape = slot.shape
    if len(shape) not in RANKS.values() or (len(shape) == RANKS["row"] and said.image_shape is None):
        hint = "; --image-shape says how a row of numbers is a picture" if len(shape) == RANKS["row"] else ""
        raise InputError(f"the {role} {original.what} must take pictures{hint}. Received: {slot.text}.")
    if len(shape) != RANKS["picture"]:
        return _flat(role, original, slot, said)
    first = said.layout == "nchw" if said.layout else _is_channels_first(original, slot)
    sides, channels = (shape[2:], shape[1]) if first else (shape[1:3], shape[3])
    wanted = said.image_shape or size
    if channels is None and wanted is not None:
        channels = wanted[2]
    if channels is None:
        raise InputError(
            f"the {role} {original.what} must take pictures of a known number of channels, which --image-shape or "
            f"--layout may say. Received: {slot.text}."
        )
    if None in sides and (not free or said.image_shape is not None):
        if wanted is None:
            raise InputError(
                f"the {role} {original.what} must take pictures of one size, which --image-shape says. "
                f"Received: {slot.text}."
            )
        sides = tuple(side or other for side, other in zip(sides, wanted[:2], strict=True))
    if (sides[0] is None) != (sides[1] is None):
        raise InputError(
            f"the {role} {original.what} must take pictures of two free sides or of none. Received: {slot.text}."
        )
    return _Geometry((sides[0], sides[1]), channels, first, said.layout is None)


def _geometry_out(role: str, original: Original, slot: Slot, said: Said, taken: _Geometry | None) -> _Geometry:
    """The same of the pictures that it makes, whose shape is one that it made."""
    if len(slot.shape) != RANKS["picture"]:
        return _flat(role, original, slot, said)
    if said.layout is not None:
        first = said.layout == "nchw"
    elif taken is not None:
        first = taken.first
    else:
        first = _is_channels_first(original, slot)
    sides, channels = (slot.shape[2:], slot.shape[1]) if first else (slot.shape[1:3], slot.shape[3])
    assert channels is not None, "it was made"
    if taken is not None and tuple(sides) != tuple(side or EXAMPLE for side in taken.sides):
        raise InputError(
            f"the {role} {original.what} must make translations of the size of their pictures, "
            f"{'x'.join(str(side or EXAMPLE) for side in taken.sides)} here. Received: {'x'.join(map(str, sides))}."
        )
    return _Geometry((sides[0], sides[1]), channels, first)


def _flat(role: str, original: Original, slot: Slot, said: Said) -> _Geometry:
    """Pictures without an axis for channels, or in one row of numbers."""
    first = said.layout == "nchw"
    shape = said.image_shape
    if shape is None and len(slot.shape) == RANKS["grey picture"] and None not in slot.shape[1:]:
        return _Geometry((slot.shape[1], slot.shape[2]), 1, False)
    if shape is None or None in slot.shape[1:] or int(np.prod(shape)) != slot.numbers:
        raise InputError(
            f"the pictures of the {role} {original.what} must have an --image-shape that fits. Received: {shape}, and "
            f"{slot.text}."
        )
    return _Geometry(shape[:2], shape[2], first)


def _is_channels_first(original: Original, slot: Slot) -> bool:
    """Told from the shape, or else from where the network is from."""
    second, last = (slot.shape[axis] in COLOURS for axis in (1, 3))
    if second != last:
        return second
    if original.kind != "onnx":
        return False
    graph = original.graph([])
    return Told(graph).takes_channels_first(slot.name)


def _fits(role: str, slot: Slot, said: Said, classes: int) -> bool:
    """Whether an output has the rank of what a role gives."""
    rank = len(slot.shape)
    if role == CLASSIFIER:
        width = slot.numbers
        return rank >= RANKS["row"] and (not classes or width == classes or (width == 1 and classes == 2))
    if role == ENCODER:
        return rank >= RANKS["row"]
    if rank == RANKS["row"]:
        return said.image_shape is not None and int(np.prod(said.image_shape)) == slot.shape[1]
    return rank in RANKS.values()


def _meaning_in(said: Said, taken: _Geometry, told: Told, span: Pair | None, notes: _Notes) -> Meaning:
    """Of the pictures that a network takes; `span` is what those that it makes lie between."""
    if said.range is not None:
        return said.meaning(said.range, taken.channels)
    if said.mean:
        return said.meaning((0.0, 1.0), taken.channels)
    name = next(iter(told.takers), "")
    levels = any(told.takes_levels(each) for each in told.takers if each not in told.makers)
    found = GREY_LEVELS if levels or not name else span or DEFAULT
    notes.add(f"pictures in {_text(found)}{' that it divides itself' if levels else ''}", "--range")
    return said.meaning(found, taken.channels)


def _meaning_out(
    said: Said, made: _Geometry, taken: Meaning | None, span: Pair | None, last: str, notes: _Notes
) -> Meaning:
    """Of the pictures that a network makes."""
    given = said.output_range or (said.range if not said.mean else None)
    if given is not None:
        return said.meaning(given, made.channels, mean=False)
    if span is not None:
        notes.add(f"{last.lower()} output in {_text(span)}", "--output-range" if taken else "--range")
        return said.meaning(span, made.channels, mean=False)
    if taken is not None:
        same = taken if len(taken.mean) in (0, 1, made.channels) else said.meaning(DEFAULT, made.channels, mean=False)
        notes.add("output in the range of its input", "--output-range")
        return same
    notes.add(f"pictures in {_text(DEFAULT)}", "--range")
    return said.meaning(DEFAULT, made.channels, mean=False)


def _latents(role: str, original: Original, slots: list[Slot], said: Said) -> Latents:
    for slot in slots:
        if None in slot.shape[1:] or len(slot.shape) < RANKS["row"]:
            raise InputError(
                f"the {role} {original.what} must take latents of a known size, as (n, 100). Received: {slot.text}."
            )
    return Latents(tuple(slots), said.latent_range if said.latent == "uniform" else None)


def _check_sense(role: str, original: Original, taken: dict[str, list[Slot]], made: dict[str, Slot]) -> None:
    """Refuses what has the axes of its role, and is of another one: pictures go in and the same come out."""
    if role not in (DECODER, ENCODER):
        return
    pictures = [slot for slots in taken.values() for slot in slots if len(slot.shape) == RANKS["picture"]]
    for slot in pictures:
        for other in made.values():
            same = zip(slot.shape[1:], other.shape[1:], strict=True) if len(other.shape) == len(slot.shape) else ()
            if (same := list(same)) and all(a in (None, b) for a, b in same):
                raise InputError(
                    f"the {role} {original.what} must {'take latents' if role == DECODER else 'give codes'}. Received: "
                    f"pictures to pictures, {slot.text} to {other.text}; --translator is for those."
                )


def _labels(original: Original, slot: Slot, said: Said, classes: int, notes: _Notes) -> Labels:
    width = slot.shape[1] if len(slot.shape) > 1 else 1
    one_hot = said.label == "one_hot" if said.label else width == classes and classes > 1
    if width != (classes if one_hot else 1) or len(slot.shape) > RANKS["row"]:
        raise InputError(
            f"the label of {original.what} must be one number, or one for each of {classes} classes. "
            f"Received: {slot.text}."
        )
    if said.label is None:
        notes.add(f"{slot.name} one-hot" if one_hot else f"{slot.name} the number of the class", "--label")
    return Labels(slot, classes, one_hot)


def _probabilities(original: Original, slot: Slot, said: Said, told: Told, notes: _Notes) -> Probabilities:
    if slot.numbers == 1:
        if told.interval(slot.name) != (0.0, 1.0):
            raise InputError(
                f"the classifier {original.what} must give a probability where it gives one number. "
                f"Received: {slot.text} of a {told.last_operator(slot.name) or 'network'}."
            )
        return Probabilities(slot, 2, "probability")
    classes = slot.numbers
    if said.scores is not None:
        return Probabilities(slot, classes, said.scores)
    softmax = told.last_operator(slot.name) == "Softmax"
    notes.add("probabilities" if softmax else "logits, of which a softmax makes probabilities", "--scores")
    return Probabilities(slot, classes, "probabilities" if softmax else "logits")


def _zeros(slot: Slot, taken: _Geometry | None) -> np.ndarray:
    """An example of an input."""
    sides = iter(taken.sides if taken is not None else ())
    sizes = []
    for size in slot.shape[1:]:
        if size is not None:
            sizes.append(size)
            continue
        sizes.append((next(sides, None) or EXAMPLE) if taken is not None else EXAMPLE)
    return np.zeros((slot.shape[0] or 1, *sizes)[: len(slot.shape)], slot.dtype)


def _run(role: str, original: Original, feed: Arrays) -> Arrays:
    try:
        return original.run(feed)
    except Exception as error:  # whatever its runtime raises
        raise InputError(
            f"the {role} {original.what} must run in {original.runtime} on "
            f"{', '.join(f'{name} {value.shape}' for name, value in feed.items())}. Received: {in_one_line(error)}"
        ) from error


def _check_numbers(role: str, original: Original, graph: onnx.ModelProto) -> None:
    for tensor in graph.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype.kind == "f" and np.isnan(values).any():
            raise InputError(
                f"the weights of the {role} {original.what} must be numbers. Received: NaN in {tensor.name!r}."
            )


def _text(span: Pair) -> str:
    return f"{span[0]:g}..{span[1]:g}"
