"""Routes for people: pictures in and out, without tensors."""

from __future__ import annotations

import numpy as np
import orjson

from serving.bundle.names import CLASSIFIER, DECODER, ENCODER
from serving.common.images import to_uint8
from serving.common.noise import INT64
from serving.common.points import overview
from serving.sampler import Sampler
from serving.server.catalogue import Bundle
from serving.server.engine import Engine
from serving.server.http import picture_schemas as schemas
from serving.server.http.answers import BYTES, Answer
from serving.server.http.call import Call
from serving.server.http.library import Library, bundle_of, sampler_of, translator_of
from serving.server.http.named import answer_of, domain_of, labels_of
from serving.server.http.parameters import Parameters
from serving.server.http.picture_exchange import PictureExchange, invalid, kind_of
from serving.server.http.picture_files import array_file
from serving.server.http.routes import GET, POST, Route
from serving.server.http.summaries import summary
from serving.server.http.waiting import Waiting
from serving.server.limits import Limits
from serving.server.refusals import Reason, RefusedError
from serving.translation import Translator
from serving.translation.enlarging import enlarged

PNG, NPY, GRID = "png", "npy", "grid"
# Of a grid: more are for `format=npy`.
MOST_SHOWN = 400


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
        self._exchange = PictureExchange(limits)

    async def bundles(self, call: Call) -> Answer:
        Parameters(call.query, ())
        return Answer(orjson.dumps({"bundles": [summary(each) for each in self._catalogue.bundles.values()]}))

    async def sample(self, call: Call) -> Answer:
        bundle = self._bundle(call)
        sampler = sampler_of(bundle, "sample", "decode")
        given = Parameters(call.query, ("n", "seed", "class", "truncation", "format"))
        n = given.integer("n", 1, 1, self._limits.rows)
        kind = given.choice("format", (PNG, NPY, GRID)) or (PNG if n == 1 else GRID)
        image = bundle.manifest.image
        if not image.is_point and ((kind == PNG and n > 1) or (kind == GRID and n > MOST_SHOWN)):
            most = 1 if kind == PNG else MOST_SHOWN
            raise invalid(f"`n` must be at most {most} for format={kind}. Received: {n}.")
        size = self._room(bundle, n, kind)
        seed, truncation = given.integer("seed", 0, INT64.min, INT64.max), given.number("truncation")
        labels = labels_of(sampler, given.text("class"), n)
        drawn = await self._library.ask(
            *(call, bundle, DECODER, lambda opened: opened.sample(n, seed, labels=labels, truncation=truncation)),
            *(float(n), size),
        )
        call.take(drawn.nbytes)
        if kind == NPY:
            return Answer(array_file(drawn), BYTES)
        columns = sampler.columns if labels is None else None
        alone = kind == PNG and not image.is_point
        return await self._exchange.answer(
            PNG, lambda: to_uint8(drawn[0]) if alone else overview(drawn, columns, image.value_range)
        )

    async def translate(self, call: Call) -> Answer:
        bundle = self._bundle(call)
        translator = translator_of(bundle)
        upload, given = await self._exchange.upload(call, ("to", "class", "seed", "format"))
        domain = domain_of(bundle, translator, given.text("to"), given.text("class"))
        seed, kind = answer_of(bundle, translator, given), kind_of(call, given)
        picture, opacity = await self._exchange.decoded(call, upload, translator.image)
        picture, opacity = self._enlarged(call, translator.enlarges(domain), picture, opacity)
        height, width, channels = picture.shape
        own = translator.image.height * translator.image.width
        size = height * width * (channels + translator.made_channels(domain))

        def ask(opened: Translator) -> np.ndarray:
            answering = opened if seed is None else opened.answering(seed)
            return answering.translate(picture[None], domain)[0]

        made = await self._library.ask(
            *(call, bundle, translator.network_to(domain), ask),
            *(height * width / own, size),
        )
        return await self._exchange.answer(kind, lambda: made, opacity)

    async def encode(self, call: Call) -> Answer:
        bundle, sampler, picture, given = await self._one(call, ("class",), "encode")
        labels = labels_of(sampler, given.text("class"), 1)
        code = await self._library.ask(
            *(call, bundle, ENCODER, lambda opened: opened.encode(opened.as_input(picture), labels=labels)[0]),
            *(1.0, picture.nbytes),
        )
        return Answer(orjson.dumps({"code": code}, option=orjson.OPT_SERIALIZE_NUMPY))

    async def reconstruct(self, call: Call) -> Answer:
        bundle, sampler, picture, given = await self._one(call, ("class", "format"), "encode", "decode")
        labels, kind = labels_of(sampler, given.text("class"), 1), kind_of(call, given)
        made = await self._library.ask(
            *(call, bundle, DECODER, lambda opened: opened.reconstruct(opened.as_input(picture), labels=labels)[0]),
            *(1.0, 2 * picture.nbytes),
        )
        return await self._exchange.answer(kind, lambda: to_uint8(made))

    async def classify(self, call: Call) -> Answer:
        bundle, _, picture, _ = await self._one(call, (), "classify")
        found = await self._library.ask(
            *(call, bundle, CLASSIFIER, lambda opened: opened.classify(opened.as_input(picture))[0]),
            *(1.0, picture.nbytes),
        )
        best = sorted(zip(bundle.manifest.classes, found.tolist(), strict=True), key=lambda each: -each[1])
        return Answer(orjson.dumps({"classes": [{"class": name, "probability": share} for name, share in best]}))

    def _enlarged(
        self, call: Call, factor: int, picture: np.ndarray, opacity: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """A picture and its opacity as a network that makes small pictures larger takes them."""
        pixels = picture.shape[0] * picture.shape[1] * factor**2
        if factor > 1 and pixels > self._limits.pixels:
            most = self._limits.pixels
            raise RefusedError(Reason.TOO_LARGE, f"a picture must become at most {most} pixels. Received: {pixels}.")
        larger, opaque = (None if each is None else enlarged(each[None], factor)[0] for each in (picture, opacity))
        assert larger is not None
        if factor > 1:
            call.take(larger.nbytes + (0 if opaque is None else opaque.nbytes))
        return larger, opaque

    def _bundle(self, call: Call) -> Bundle:
        return bundle_of(self._catalogue, call.names["bundle"])

    async def _one(
        self, call: Call, known: tuple[str, ...], *abilities: str
    ) -> tuple[Bundle, Sampler, np.ndarray, Parameters]:
        """A picture for a network that takes one size."""
        bundle = self._bundle(call)
        sampler, image = sampler_of(bundle, *abilities), bundle.manifest.image
        upload, given = await self._exchange.upload(call, known)
        picture, _ = await self._exchange.decoded(call, upload, image)
        return bundle, sampler, await self._exchange.fitted(picture, image), given

    def _room(self, bundle: Bundle, n: int, kind: str) -> int:
        """Bytes of `n` pictures."""
        image = bundle.manifest.image
        pixels = n * image.height * image.width
        # Of an array the bytes count; a picture is limited in size as those that come are.
        most = self._limits.output_bytes // image.channels if kind == NPY else self._limits.pixels
        if pixels > most:
            raise RefusedError(Reason.TOO_LARGE, f"`n` pictures must have at most {most} pixels. Received: {pixels}.")
        return pixels * image.channels
