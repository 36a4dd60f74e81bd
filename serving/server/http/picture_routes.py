"""Routes for people: pictures in and out, without tensors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import orjson

from serving.bundle.names import CLASSIFIER, DECODER, ENCODER
from serving.common.classes import class_index
from serving.common.errors import InputError
from serving.common.images import grid, to_uint8
from serving.common.noise import INT64
from serving.sampler import Sampler
from serving.server.catalogue import Bundle
from serving.server.engine import Engine
from serving.server.http import picture_schemas as schemas
from serving.server.http.answers import BYTES, Answer
from serving.server.http.bodies import read_body
from serving.server.http.call import Call
from serving.server.http.library import Library, bundle_of, sampler_of, translator_of
from serving.server.http.parameters import Parameters
from serving.server.http.picture_files import (
    KINDS,
    MEDIA_TYPES,
    accepted_kind,
    array_file,
    fitted,
    read_upload,
    written,
)
from serving.server.http.routes import GET, POST, Route
from serving.server.http.summaries import summary
from serving.server.http.uploads import Upload, upload_of
from serving.server.http.waiting import Waiting
from serving.server.limits import Limits
from serving.server.refusals import Reason, RefusedError
from serving.translation import direction_to

PNG, NPY, GRID = "png", "npy", "grid"
# Pictures that are decoded or written at a time: each takes several times the memory of its pixels.
AT_ONCE = 2
# Of a grid: more are for `format=npy`.
MOST_SHOWN = 400
T = TypeVar("T")


def picture_routes(engine: Engine, waiting: Waiting, limits: Limits) -> list[Route]:
    """The routes of pictures.

    Args:
        engine: has the models.
        waiting: for what it computes.
        limits: of requests.
    """
    pictures = _Pictures(engine, waiting, limits)
    return [
        Route(GET, "/v1/bundles", pictures.bundles, schemas.BUNDLES),
        Route(GET, "/v1/{bundle}/sample", pictures.sample, schemas.SAMPLE),
        Route(POST, "/v1/{bundle}/translate", pictures.translate, schemas.TRANSLATE),
        Route(POST, "/v1/{bundle}/encode", pictures.encode, schemas.ENCODE),
        Route(POST, "/v1/{bundle}/reconstruct", pictures.reconstruct, schemas.RECONSTRUCT),
        Route(POST, "/v1/{bundle}/classify", pictures.classify, schemas.CLASSIFY),
    ]


class _Pictures:
    def __init__(self, engine: Engine, waiting: Waiting, limits: Limits) -> None:
        self._catalogue = engine.catalogue
        self._library = Library(engine.catalogue, waiting)
        self._limits = limits
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def bundles(self, call: Call) -> Answer:
        Parameters(call.query, ())
        return Answer(orjson.dumps({"bundles": [summary(each) for each in self._catalogue.bundles.values()]}))

    async def sample(self, call: Call) -> Answer:
        bundle = self._bundle(call)
        sampler = sampler_of(bundle, "sample", "decode")
        given = Parameters(call.query, ("n", "seed", "class", "truncation", "format"))
        n = given.integer("n", 1, 1, self._limits.rows)
        kind = given.choice("format", (PNG, NPY, GRID)) or (PNG if n == 1 else GRID)
        if (kind == PNG and n > 1) or (kind == GRID and n > MOST_SHOWN):
            most = 1 if kind == PNG else MOST_SHOWN
            raise _invalid(f"`n` must be at most {most} for format={kind}. Received: {n}.")
        size = self._room(bundle, n)
        seed, truncation = given.integer("seed", 0, INT64.min, INT64.max), given.number("truncation")
        labels = self._labels(sampler, given.text("class"), n)
        drawn = await self._library.ask(
            *(call, bundle, DECODER, lambda opened: opened.sample(n, seed, labels=labels, truncation=truncation)),
            *(float(n), size),
        )
        call.take(drawn.nbytes)
        if kind == NPY:
            return Answer(array_file(drawn), BYTES)
        columns = sampler.columns if labels is None else None
        shown = drawn[0] if kind == PNG else None
        return await self._file(PNG, lambda: to_uint8(grid(to_uint8(drawn), columns) if shown is None else shown))

    async def translate(self, call: Call) -> Answer:
        bundle = self._bundle(call)
        translator = translator_of(bundle)
        upload, given = await self._upload(call, ("to", "format"))
        domain, kind = self._target(bundle, given.text("to")), self._kind(call, given)
        picture, opacity = await self._decoded(call, bundle, upload)
        height, width, channels = picture.shape
        own = translator.image.height * translator.image.width
        size = height * width * (channels + translator.made_channels(domain))
        made = await self._library.ask(
            *(call, bundle, direction_to(domain), lambda opened: opened.translate(picture[None], domain)[0]),
            *(height * width / own, size),
        )
        return await self._file(kind, lambda: made, opacity)

    async def encode(self, call: Call) -> Answer:
        bundle, sampler, picture, given = await self._one(call, ("class",), "encode")
        labels = self._labels(sampler, given.text("class"), 1)
        code = await self._library.ask(
            *(call, bundle, ENCODER, lambda opened: opened.encode(opened.as_input(picture), labels=labels)[0]),
            *(1.0, picture.nbytes),
        )
        return Answer(orjson.dumps({"code": code}, option=orjson.OPT_SERIALIZE_NUMPY))

    async def reconstruct(self, call: Call) -> Answer:
        bundle, sampler, picture, given = await self._one(call, ("class", "format"), "encode", "decode")
        labels, kind = self._labels(sampler, given.text("class"), 1), self._kind(call, given)
        made = await self._library.ask(
            *(call, bundle, DECODER, lambda opened: opened.reconstruct(opened.as_input(picture), labels=labels)[0]),
            *(1.0, 2 * picture.nbytes),
        )
        return await self._file(kind, lambda: to_uint8(made))

    async def classify(self, call: Call) -> Answer:
        bundle, _, picture, _ = await self._one(call, (), "classify")
        found = await self._library.ask(
            *(call, bundle, CLASSIFIER, lambda opened: opened.classify(opened.as_input(picture))[0]),
            *(1.0, picture.nbytes),
        )
        best = sorted(zip(bundle.manifest.classes, found.tolist(), strict=True), key=lambda each: -each[1])
        return Answer(orjson.dumps({"classes": [{"class": name, "probability": share} for name, share in best]}))

    def _bundle(self, call: Call) -> Bundle:
        return bundle_of(self._catalogue, call.names["bundle"])

    async def _one(
        self, call: Call, known: tuple[str, ...], *abilities: str
    ) -> tuple[Bundle, Sampler, np.ndarray, Parameters]:
        """A picture for a network that takes one size."""
        bundle = self._bundle(call)
        sampler = sampler_of(bundle, *abilities)
        upload, given = await self._upload(call, known)
        picture, _ = await self._decoded(call, bundle, upload)
        return bundle, sampler, fitted(picture, bundle.manifest.image), given

    async def _upload(self, call: Call, known: tuple[str, ...]) -> tuple[Upload, Parameters]:
        """The picture, and the parameters behind the path and in the form."""
        query = call.query
        upload = upload_of(call, await read_body(call))
        if twice := query.keys() & upload.texts.keys():
            raise _invalid(f"a parameter must be given once. Received twice: {', '.join(sorted(twice))[:80]}.")
        return upload, Parameters({**query, **upload.texts}, known)

    async def _decoded(self, call: Call, bundle: Bundle, upload: Upload) -> tuple[np.ndarray, np.ndarray | None]:
        image = bundle.manifest.image
        picture, opacity = await self._beside(lambda: read_upload(upload.picture, image, self._limits.pixels))
        call.take(picture.nbytes + (0 if opacity is None else opacity.nbytes))
        return picture, opacity

    async def _file(self, kind: str, picture: Callable[[], np.ndarray], opacity: np.ndarray | None = None) -> Answer:
        body = await self._beside(lambda: written(picture(), kind, opacity))
        return Answer(body, MEDIA_TYPES[kind])

    async def _beside(self, work: Callable[[], T]) -> T:
        """Does what takes long and runs no network, beside the event loop."""
        async with self._slots:
            try:
                return await asyncio.to_thread(work)
            except InputError as error:
                raise _invalid(str(error)) from None

    def _kind(self, call: Call, given: Parameters) -> str:
        return given.choice("format", tuple(KINDS)) or accepted_kind(call.header(b"accept"))

    def _room(self, bundle: Bundle, n: int) -> int:
        """Bytes of `n` pictures."""
        image = bundle.manifest.image
        size = n * image.height * image.width * image.channels
        if size > self._limits.output_bytes:
            raise RefusedError(
                Reason.TOO_LARGE, f"`n` pictures must have at most {self._limits.output_bytes} bytes. Received: {size}."
            )
        return size

    @staticmethod
    def _labels(sampler: Sampler, text: str | None, n: int) -> np.ndarray | None:
        """The label of a class by its name, or by its number, for every row."""
        if text is None:
            return None
        classes = sampler.manifest.classes
        by_number = text.isascii() and text.isdigit() and text not in classes and int(text[:9]) < len(classes)
        try:
            return np.full(n, int(text) if by_number else class_index(text, classes), np.int64)
        except InputError as error:
            raise _invalid(str(error)) from None

    @staticmethod
    def _target(bundle: Bundle, to: str | None) -> str:
        """The domain, `a` or `b`, of itself or its name."""
        targets = translator_of(bundle).targets
        if to is None and len(targets) == 1:
            return targets[0]
        for domain in targets:
            if to in (domain, bundle.manifest.domains.get(domain, domain)):
                return domain
        known = ", ".join(bundle.manifest.domains.get(each, each) for each in targets)
        raise _invalid(f"`to` must be one of {known}. Received: {(to or 'none')[:80]}.")


def _invalid(message: str) -> RefusedError:
    return RefusedError(Reason.INVALID, message)
