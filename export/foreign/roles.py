"""Which input and which output of a network is which, by what is said and by what can be told."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from export.foreign.original import Original, Slot
from serving.bundle.names import CODE, DECODER, ENCODER, IMAGE, LABEL, LATENT, LOG_VARIANCE, MEAN, PROBABILITIES
from serving.common.errors import InputError

TAKEN = {DECODER: (LATENT, LABEL), ENCODER: (IMAGE, LABEL)}
TAKEN_BY_OTHERS = (IMAGE,)
GIVEN = {DECODER: (IMAGE,), ENCODER: (CODE, MEAN, LOG_VARIANCE), "classifier": (PROBABILITIES,)}
GIVEN_BY_OTHERS = (IMAGE,)
LABELLED = re.compile("label|class|cond", re.IGNORECASE)
MEANS = re.compile(r"mean|(^|_)mu($|_)|code", re.IGNORECASE)
LOG_VARIANCES = re.compile("log_?var|log_?sigma", re.IGNORECASE)
Fits = Callable[[Slot], bool]


def taken(role: str) -> tuple[str, ...]:
    """What networks of a role take; the first they must."""
    return TAKEN.get(role, TAKEN_BY_OTHERS)


def given(role: str) -> tuple[str, ...]:
    """What networks of a role give."""
    return GIVEN.get(role, GIVEN_BY_OTHERS)


def inputs_of(role: str, original: Original, said: Mapping[str, str], classes: int) -> dict[str, list[Slot]]:
    """The inputs of a network by what they are: `latent` may be several, the others are one.

    Args:
        role: what the network is.
        original: the network.
        said: name of an input -> what it is.
        classes: how many classes there are.

    Raises:
        InputError: inputs of which nobody says what they are.
    """
    wanted = taken(role)
    found: dict[str, list[Slot]] = {}
    rest: list[Slot] = []
    for slot in original.inputs:
        kind = said.get(slot.name)
        if kind is not None and kind not in wanted:
            raise InputError(f"{slot.name!r} of a {role} must be {' or '.join(wanted)}. Received: {kind}.")
        if kind is None and LABEL in wanted and _is_label(slot, classes, original.inputs):
            kind = LABEL
        if kind is None:
            rest.append(slot)
        else:
            found.setdefault(kind, []).append(slot)
    first = wanted[0]
    if len(rest) == 1 and first not in found:
        found[first], rest = rest, []
    if rest or first not in found or any(len(slots) > 1 for kind, slots in found.items() if kind != LATENT):
        shown = ", ".join(slot.text for slot in original.inputs)
        raise InputError(
            f"the inputs of the {role} {original.what} must be known to be {' or '.join(wanted)}, as "
            f"--input {original.inputs[0].name}={first} says. Received: {shown}."
        )
    if found.get(LABEL) and not classes:
        raise InputError(
            f"--classes must name the classes of the {role} {original.what}, which is told the class as "
            f"{found[LABEL][0].text}. Received: no names."
        )
    return found


def outputs_of(
    role: str, original: Original, made: Sequence[Slot], said: Mapping[str, str], fits: Fits, classes: int
) -> dict[str, Slot]:
    """The outputs of a network by what they are; those that are nothing that a bundle keeps are left out.

    Args:
        role: what the network is.
        original: the network.
        made: its outputs.
        said: name of an output -> what it is.
        fits: whether an output has the rank of what the role gives.
        classes: how many there are, for the message.

    Raises:
        InputError: several outputs of which nobody says what they are, or none that fits.
    """
    wanted = given(role)
    found = {said[slot.name]: slot for slot in made if said.get(slot.name) in wanted}
    fitting = [slot for slot in made if fits(slot)]
    if not found and len(fitting) == 1:
        found = {wanted[0]: fitting[0]}
    if not found and role == ENCODER:
        found = _by_name({MEAN: MEANS, LOG_VARIANCE: LOG_VARIANCES}, fitting)
    if not found:
        shown = ", ".join(slot.text for slot in made)
        of = f"probabilities of {classes} classes" if classes else "probabilities of classes"
        kinds = {IMAGE: "pictures", CODE: "a code", PROBABILITIES: of}
        which = f", and --output {fitting[0].name}={wanted[0]} must say which" if len(fitting) > 1 else ""
        raise InputError(f"the {role} {original.what} must give {kinds[wanted[0]]}{which}. Received: {shown}.")
    if LOG_VARIANCE in found and MEAN not in found:
        raise InputError(f"the {role} {original.what} must give a mean beside its log variance. Received: none.")
    if CODE in found and LOG_VARIANCE in found:
        found[MEAN] = found.pop(CODE)
    for slot in found.values():
        if not fits(slot):
            raise InputError(f"the {role} {original.what} must give what its role is. Received: {slot.text}.")
    return found


def _by_name(names: Mapping[str, re.Pattern[str]], slots: Sequence[Slot]) -> dict[str, Slot]:
    """Slots whose names say what they are, where one alone does."""
    found = {}
    for kind, pattern in names.items():
        others = [name for each, name in names.items() if each != kind]
        matching = [
            slot for slot in slots if pattern.search(slot.name) and not any(o.search(slot.name) for o in others)
        ]
        if len(matching) == 1:
            found[kind] = matching[0]
    return found if MEAN in found else {}


def _is_label(slot: Slot, classes: int, inputs: Sequence[Slot]) -> bool:
    """Whether an input can only be told the class."""
    if len(inputs) == 1:
        return False
    sizes = slot.shape[1:]
    if sizes in ((), (1,)) or (slot.is_integer and len(sizes) == 1):
        return True
    alone = sum(each.shape[1:] == sizes for each in inputs) == 1
    return bool(classes) and sizes == (classes,) and (alone or bool(LABELLED.search(slot.name)))
