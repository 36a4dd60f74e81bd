"""The border of a network by its role: what is said of it, and what can be told from its shapes and its graph."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import onnx

from export.culprits import in_one_line
from export.foreign.border import Border
from export.foreign.geometry import RANKS, Geometry, Shape, geometry_in, geometry_out
from export.foreign.meanings import Notes, meaning_in, meaning_out
from export.foreign.original import EXAMPLE, Arrays, Original, Slot
from export.foreign.pictures import Pictures
from export.foreign.roles import inputs_of, outputs_of
from export.foreign.said import Said
from export.foreign.sizes import multiple_of
from export.foreign.told import Told
from export.foreign.values import Codes, Labels, Latents, Probabilities
from export.refusals import NoiseError
from serving.bundle.names import CLASSIFIER, DECODER, ENCODER, IMAGE, LABEL, LATENT, TRANSLATION
from serving.common.errors import InputError


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
    notes = Notes([], [])
    _check_batch(role, original)
    slots = inputs_of(role, original, said.inputs, classes)
    free = role not in (DECODER, ENCODER, CLASSIFIER)
    image = slots.get(IMAGE, [None])[0]
    taken = None if image is None else geometry_in(role, original, image, said, free, size)
    example = _run(role, original, {slot.name: _zeros(slot, taken) for slot in original.inputs})
    made = [Slot(name, (None, *value.shape[1:]), value.dtype.name) for name, value in example.items() if value.ndim]
    chosen = outputs_of(role, original, made, said.outputs, lambda slot: _fits(role, slot, said, classes), classes)
    names = [slot.name for slot in chosen.values()]
    try:
        graph = original.graph(names)
    except NoiseError:
        if role != DECODER or original.with_noise is None:
            raise
        known = len(original.inputs)
        original = original.with_noise(names)
        slots[LATENT] = [*slots[LATENT], *original.inputs[known:]]
        graph = original.graph(names)
        drawn = sum(slot.numbers for slot in original.inputs[known:])
        notes.add(f"noise inside as {drawn} more numbers of the latent", "an input of its own")
    _check_numbers(role, original, graph)
    _check_sense(role, original, slots, chosen)
    told = Told(graph)
    outputs: list[Pictures | Codes | Probabilities] = []
    if role in (ENCODER, CLASSIFIER):
        meaning = None if taken is None or image is None else meaning_in(said, taken, told, image.name, None, notes)
        for kind, slot in chosen.items():
            outputs.append(Codes(slot, kind) if role == ENCODER else _probabilities(original, slot, said, told, notes))
    else:
        (slot,) = chosen.values()
        name = IMAGE if role == DECODER else TRANSLATION
        geometry = geometry_out(role, original, slot, said, taken)
        span = told.interval(slot.name)
        meaning = None if taken is None or image is None else meaning_in(said, taken, told, image.name, span, notes)
        sides = geometry.sides if taken is None or None not in taken.sides else taken.sides
        out = meaning_out(said, geometry, meaning, span, told.last_operator(slot.name), notes)
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
    border = Border(tuple(inputs), tuple(outputs), original.batch)
    multiple = multiple_of(role, original, border) if border.free else 1
    return Bordered(original, border, graph, multiple, notes.line)


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


def _latents(role: str, original: Original, slots: list[Slot], said: Said) -> Latents:
    for slot in slots:
        if None in slot.shape[1:] or len(slot.shape) < RANKS["row"]:
            raise InputError(
                f"the {role} {original.what} must take latents of a known size, as (n, 100). Received: {slot.text}."
            )
    return Latents(tuple(slots), said.latent_range if said.latent == "uniform" else None)


def _check_batch(role: str, original: Original) -> None:
    for slot in original.inputs:
        if slot.shape and slot.shape[0] not in (None, 1):
            raise InputError(
                f"the {role} {original.what} must take one example at a time or any number, and it cannot be told how "
                f"where its file fixes {slot.shape[0]}; write the file with a free first axis. Received: {slot.name!r} "
                f"of {slot.shape}."
            )


def _check_sense(role: str, original: Original, taken: dict[str, list[Slot]], made: dict[str, Slot]) -> None:
    """Refuses what has the axes of its role, and is of another one: pictures go in and the same come out."""
    if role not in (DECODER, ENCODER):
        return
    pictures = [slot for slots in taken.values() for slot in slots if len(slot.shape) == RANKS["picture"]]
    for slot in pictures:
        for other in made.values():
            both = list(zip(slot.shape[1:], other.shape[1:], strict=False))
            if len(other.shape) == len(slot.shape) and all(a in (None, b) for a, b in both):
                raise InputError(
                    f"the {role} {original.what} must {'take latents' if role == DECODER else 'give codes'}. Received: "
                    f"pictures to pictures, {slot.text} to {other.text}; --translator is for those."
                )


def _labels(original: Original, slot: Slot, said: Said, classes: int, notes: Notes) -> Labels:
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


def _probabilities(original: Original, slot: Slot, said: Said, told: Told, notes: Notes) -> Probabilities:
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


def _zeros(slot: Slot, taken: Geometry | None) -> np.ndarray:
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
