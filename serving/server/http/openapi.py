"""The OpenAPI 3.1 document, made of the table of routes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from serving.server.catalogue import Catalogue
from serving.server.http.picture_schemas import PROBLEM
from serving.server.http.protocol_schemas import ERROR, SCHEMAS, TEXT
from serving.server.http.routes import Route

NAMED = re.compile(r"\{(\w+)\}")
TIMEOUT_HEADER: dict[str, Any] = {
    "name": "X-Request-Timeout",
    "in": "header",
    "description": "seconds that the client waits; later the request is dropped",
    "schema": {"type": "number", "exclusiveMinimum": 0},
}
PATHS: dict[str, str] = {
    "model": "BUNDLE/MODEL, or MODEL where only one bundle has it; the slash may be encoded",
    "version": "of the bundle, a number",
    "bundle": "name of a bundle",
}
# Whatever is asked may be refused so.
REFUSALS = {
    "400": "not what was expected",
    "401": "a valid token is missing",
    "403": "a page of another origin",
    "404": "no such model or bundle",
    "408": "the body came too slowly",
    "413": "too large",
    "415": "an encoding or format that is not read",
    "421": "a name that is not the server's",
    "429": "too much waits already; see Retry-After",
    "431": "headers that are too large",
    "503": "the server is shutting down",
    "504": "the time is over",
}


def document(routes: Sequence[Route], catalogue: Catalogue) -> dict[str, Any]:
    """The document of routes that say something, with the names of what is served."""
    names = {"model": _models(catalogue), "bundle": sorted(catalogue.bundles)}
    paths: dict[str, Any] = {}
    for route in routes:
        if route.says is not None:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "keras-gen",
            "version": "2",
            "description": "Bundles by the Open Inference Protocol v2, and pictures by routes for people.",
        },
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "responses": {"Error": ERROR, "Problem": PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        # Servers without tokens take none.
        "security": [{}, {"token": []}],
    }


def _operation(route: Route, names: Mapping[str, list[str]]) -> dict[str, Any]:
    said = dict(route.says or {})
    in_path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATHS[name],
            "schema": {**TEXT, "enum": names[name]} if name in names else TEXT,
        }
        for name in NAMED.findall(route.path)
    ]
    refused = f"#/components/responses/{'Problem' if route.problems else 'Error'}"
    responses = {status: {"$ref": refused, "description": why} for status, why in REFUSALS.items()}
    return {
        **said,
        "operationId": f"{route.method.lower()} {route.path}",
        "parameters": [*in_path, *said.get("parameters", []), TIMEOUT_HEADER],
        "responses": {**responses, **said["responses"]},
    }


def _models(catalogue: Catalogue) -> list[str]:
    """Every name that a model may be asked for by."""
    full = [each.name for each in catalogue.served()]
    short = Counter(name.rpartition("/")[2] for name in full)
    return sorted({*full, *(name for name, count in short.items() if count == 1)})
