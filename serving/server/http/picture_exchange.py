"""Pictures of requests and answers, decoded and encoded beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from serving.bundle.manifest import Image
from serving.common.errors import InputError
from serving.server.http.answers import Answer
from serving.server.http.bodies import read_body
from serving.server.http.call import Call
from serving.server.http.parameters import Parameters
from serving.server.http.picture_files import KINDS, MEDIA_TYPES, accepted_kind, fitted, read_upload, written
from serving.server.http.uploads import Upload, upload_of
from serving.server.limits import Limits
from serving.server.refusals import Reason, RefusedError

# Pictures that are decoded or encoded at a time: each takes several times the memory of its pixels.
AT_ONCE = 2
T = TypeVar("T")


class PictureExchange:
    """Reads and writes the pictures of all requests.

    Args:
        limits: of requests.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def upload(self, call: Call, known: tuple[str, ...]) -> tuple[Upload, Parameters]:
        """The file of a request, and the parameters behind the path and in the form.

        Raises:
            RefusedError: INVALID: no file, or a parameter that is not known or given twice.
        """
        query = call.query
        upload = upload_of(call, await read_body(call))
        if twice := query.keys() & upload.texts.keys():
            raise invalid(f"a parameter must be given once. Received twice: {', '.join(sorted(twice))[:80]}.")
        return upload, Parameters({**query, **upload.texts}, known)

    async def decoded(self, call: Call, upload: Upload, image: Image) -> tuple[np.ndarray, np.ndarray | None]:
        """The picture of a file in its own size, and its opacity, as `read_upload`."""
        picture, opacity = await self._beside(lambda: read_upload(upload.picture, image, self._limits.pixels))
        call.take(picture.nbytes + (0 if opacity is None else opacity.nbytes))
        return picture, opacity

    async def fitted(self, picture: np.ndarray, image: Image) -> np.ndarray:
        """A picture in a bundle's size, as `picture_files.fitted`."""
        return await self._beside(lambda: fitted(picture, image))

    async def answer(self, kind: str, make: Callable[[], np.ndarray], opacity: np.ndarray | None = None) -> Answer:
        """The file of a picture.

        Args:
            kind: of `KINDS`.
            make: gives the picture.
            opacity: of it.
        """
        body = await self._beside(lambda: written(make(), kind, opacity))
        return Answer(body, MEDIA_TYPES[kind])

    async def _beside(self, work: Callable[[], T]) -> T:
        async with self._slots:
            try:
                return await asyncio.to_thread(work)
            except InputError as error:
                raise invalid(str(error)) from None


def kind_of(call: Call, given: Parameters) -> str:
    """The format that the answer has: the parameter's, or what the client accepts."""
    return given.choice("format", tuple(KINDS)) or accepted_kind(call.header(b"accept"))


def invalid(message: str) -> RefusedError:
    """A mistake in what the client gave."""
    return RefusedError(Reason.INVALID, message)
