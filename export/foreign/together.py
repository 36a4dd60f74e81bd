"""Which networks a bundle may hold together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from export.foreign.bordering import Bordered
from export.foreign.geometry import Shape
from export.foreign.pictures import Pictures
from serving.bundle.names import DECODER
from serving.common.errors import InputError

THERE, BACK = "a_to_b", "b_to_a"


def check_roles(given: Mapping[str, Any], to: str | None, to_back: str | None, classes: Sequence[str]) -> None:
    """Refuses networks that make no bundle together.

    Args:
        given: by role.
        to: what the translator's pictures are called.
        to_back: the same of the translator back.
        classes: names of the classes.

    Raises:
        InputError: no network, a translator beside networks of other roles, a name without its network.
    """
    if not given:
        raise InputError("a bundle must have a decoder, encoder, translator or classifier. Received: no network.")
    if BACK in given and THERE not in given:
        raise InputError("a translator back must stand beside a translator. Received: it alone.")
    if THERE in given and (others := [role for role in given if role not in (THERE, BACK)]):
        raise InputError(f"a translator must stand alone, or beside one back. Received: a {others[0]} too.")
    for name, option, role in ((to, "--to", THERE), (to_back, "--to-back", BACK)):
        if name is not None and role not in given:
            raise InputError(f"{option} must be left out without its translator. Received: {name}.")
    if to is not None and to == to_back:
        raise InputError(f"--to and --to-back must be two names. Received: {to}.")
    if len(set(classes)) != len(classes):
        raise InputError(f"--classes must be different names. Received: {', '.join(classes)}.")


def size_of(networks: Mapping[str, Bordered]) -> Shape | None:
    """The size of pictures that all networks have.

    Raises:
        InputError: two of them have different ones.
    """
    found: dict[str, Shape] = {}
    for role, each in networks.items():
        border = each.border
        pictures = border.image or next(made for made in border.made if isinstance(made, Pictures))
        found[role] = (*pictures.sides, pictures.channels)
        first = next(iter(found))
        if found[role] != found[first] and role != BACK:
            raise InputError(
                f"the {role} must have pictures of the size of the {first}, {_text(found[first])}. "
                f"Received: {_text(found[role])}."
            )
    return found.get(DECODER) or next(iter(found.values()), None)


def _text(shape: Shape) -> str:
    return "x".join("free" if size is None else str(size) for size in shape)
