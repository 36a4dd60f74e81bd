"""The server's OpenAPI document, made from the routes as `/openapi.json` is, as a page that people read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docs.site.reference.guides import block
from docs.site.reference.schemas import described, type_of
from serving.server.http.openapi import document
from serving.server.http.picture_routes import picture_routes
from serving.server.http.protocol_routes import protocol_routes
from serving.server.limits import Limits

Operation = Mapping[str, Any]


class _NoBundles:
    """What the document asks a catalogue: here no bundle is served."""

    bundles: Mapping[str, Any] = {}

    @property
    def catalogue(self) -> _NoBundles:
        return self

    def served(self) -> list[Any]:
        return []


def openapi() -> dict[str, Any]:
    """The document of a server without bundles."""
    nothing: Any = _NoBundles()
    limits = Limits()
    return document([*protocol_routes(nothing, nothing, limits), *picture_routes(nothing, nothing, limits)], nothing)


def page() -> str:
    """Every operation with its parameters, bodies and answers."""
    made = openapi()
    parts = [
        "# The server over HTTP\n",
        made["info"]["description"] + " A running server gives this as an OpenAPI 3.1 document at `/openapi.json`. "
        "[Server](../server.md) explains how it is started.\n",
        block("server", "sh", 1),
        "## Every operation\n\nMay be refused with:\n",
        _refusals(made),
    ]
    refused = set(next(iter(next(iter(made["paths"].values())).values()))["responses"])
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            parts += [f"### {method.upper()} {path}\n", _operation(operation, refused)]
    for name, schema in made["components"]["schemas"].items():
        parts += [f"## {name}\n", described(schema, name)]
    return "\n".join(parts)


def _refusals(made: Mapping[str, Any]) -> str:
    from serving.server.http.openapi import REFUSALS

    rows = [f"| {status} | {why} |" for status, why in REFUSALS.items()]
    bodies = made["components"]["responses"]
    said = "; ".join(f"{name}: {part['description']}, `{next(iter(part['content']))}`" for name, part in bodies.items())
    return "\n".join(["| status | why |", "|---|---|", *rows, "", f"The bodies of refusals: {said}.", ""])


def _operation(operation: Operation, refused: set[str]) -> str:
    lines = [f"{operation['summary']}. {operation.get('description', '')}".strip(), ""]
    if operation["parameters"]:
        lines += ["| parameter | in | type | what it is |", "|---|---|---|---|"]
        for each in operation["parameters"]:
            schema = {key: value for key, value in each["schema"].items() if key != "enum" or value}
            lines.append(f"| `{each['name']}` | {each['in']} | {type_of(schema)} | {each.get('description', '')} |")
        lines.append("")
    if "requestBody" in operation:
        lines += ["Body:", "", *_contents(operation["requestBody"]["content"]), ""]
    for status, answer in operation["responses"].items():
        if status not in refused or "content" in answer:
            lines += [f"Answer {status}: {answer['description']}.", "", *_contents(answer.get("content", {})), ""]
    return "\n".join(lines)


def _contents(contents: Mapping[str, Any]) -> list[str]:
    lines = []
    for media_type, content in contents.items():
        schema = content["schema"]
        shown = "" if not schema else f": {type_of(schema)}"
        lines.append(f"- `{media_type}`{shown}")
        lines += [f"  - `{name}`: {type_of(part)}" for name, part in schema.get("properties", {}).items()]
    return lines
