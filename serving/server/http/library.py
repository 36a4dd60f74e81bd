"""Calls of the library that a picture route asks the engine for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from serving import Sampler, Translator
from serving.common.errors import InputError
from serving.server.catalogue import Bundle, Catalogue
from serving.server.http.call import Call
from serving.server.http.refusals import HttpError
from serving.server.http.waiting import Waiting
from serving.server.refusals import Reason, RefusedError
from serving.server.requests import Work

# Of the opened bundle.
Ask = Callable[[Any], Any]


def bundle_of(catalogue: Catalogue, name: str) -> Bundle:
    """The bundle of a name.

    Raises:
        RefusedError: NOT_FOUND.
    """
    bundle = catalogue.bundles.get(name)
    if bundle is None:
        raise RefusedError(Reason.NOT_FOUND, f"no bundle {name[:80]!r} is served")
    return bundle


def sampler_of(bundle: Bundle, *abilities: str) -> Sampler:
    """The bundle as one that samples, encodes or classifies.

    Raises:
        HttpError: 404 for a bundle that cannot do it.
    """
    opened = bundle.opened
    if isinstance(opened, Sampler) and all(ability in opened.abilities for ability in abilities):
        return opened
    raise HttpError(404, f"the bundle {bundle.name} must be able to {' and '.join(abilities)}, which it is not")


def translator_of(bundle: Bundle) -> Translator:
    """The bundle as one that translates; raises as `sampler_of`."""
    if isinstance(bundle.opened, Translator):
        return bundle.opened
    raise HttpError(404, f"the bundle {bundle.name} must be able to translate, which it is not")


class Library:
    """Has the engine call the library.

    Args:
        catalogue: the models.
        waiting: for the engine.
    """

    def __init__(self, catalogue: Catalogue, waiting: Waiting) -> None:
        self._catalogue = catalogue
        self._waiting = waiting

    async def ask(self, call: Call, bundle: Bundle, network: str, ask: Ask, rows: float, size: int) -> Any:
        """What a call of the library gives.

        Args:
            call: the request that it is for.
            bundle: that is called.
            network: which of its networks computes most of it.
            ask: the call.
            rows: how much it is, in pictures of the bundle's size.
            size: bytes of what goes in and comes out.

        Raises:
            RefusedError: INVALID where the library refuses what it is given; as `Waiting.made`.
        """
        served = self._catalogue.find(f"{bundle.name}/{network}")
        work = Work(served, lambda opened: _asked(ask, opened, bundle), rows, size, call.deadline, call.client)
        made = await self._waiting.made(work, call)
        return made.value


def _asked(ask: Ask, opened: Sampler | Translator, bundle: Bundle) -> Any:
    try:
        return ask(opened)
    except InputError as error:
        raise InputError(without_place(error, bundle)) from None


def without_place(error: InputError, bundle: Bundle) -> str:
    """The message of an error with the bundle's name instead of the folder that it is in."""
    return str(error).replace(str(bundle.opened.bundle), bundle.name)
