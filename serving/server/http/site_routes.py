"""Routes that are about the server: the page at `/`, the OpenAPI document, figures, and a page that was built."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cached_property
from typing import Any

import orjson

from serving.server.engine import Engine
from serving.server.http.answers import Answer
from serving.server.http.call import Call
from serving.server.http.index_page import POLICY, index_page
from serving.server.http.page_files import page_file
from serving.server.http.routes import GET, Route
from serving.server.http.settings import HttpSettings

HTML = "text/html; charset=utf-8"


def site_routes(engine: Engine, settings: HttpSettings, document: Callable[[], dict[str, Any]]) -> list[Route]:
    """The routes that there are: figures and a page only where there are some.

    Args:
        engine: has the models.
        settings: have the figures and the page.
        document: makes the OpenAPI document.
    """
    site = _Site(engine, settings, document)
    routes = [
        Route(GET, "/", site.index, linked=True),
        Route(GET, "/openapi.json", site.openapi, linked=True),
    ]
    if settings.metrics is not None:
        routes.append(Route(GET, "/metrics", site.metrics))
    if settings.page is not None:
        routes.append(Route(GET, "/page/{file}", site.page, linked=True))
    return routes


class _Site:
    def __init__(self, engine: Engine, settings: HttpSettings, document: Callable[[], dict[str, Any]]) -> None:
        self._engine = engine
        self._settings = settings
        self._make = document

    @cached_property
    def _document(self) -> bytes:
        return orjson.dumps(self._make())

    async def index(self, call: Call) -> Answer:
        bundles = list(self._engine.catalogue.bundles.values())
        body = index_page(bundles, self._settings.page is not None)
        return Answer(body, HTML, headers=[(b"content-security-policy", POLICY)])

    async def openapi(self, call: Call) -> Answer:
        return Answer(self._document)

    async def metrics(self, call: Call) -> Answer:
        assert self._settings.metrics is not None, "the route is there"
        body, media_type = await asyncio.to_thread(self._settings.metrics)
        return Answer(body, media_type)

    async def page(self, call: Call) -> Answer:
        assert self._settings.page is not None, "the route is there"
        known = call.header(b"if-none-match")
        return await asyncio.to_thread(page_file, self._settings.page, call.names["file"], known)
