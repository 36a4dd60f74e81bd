"""JSON Schemas as pages that people read: the manifest, the film, and whatever the server's document describes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import serving.bundle
from docs.site.reference.python_pages import example

FOLDER = Path(serving.bundle.__file__).parent
LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "maxProperties": "at most {} entries",
    "pattern": "matches `{}`",
}


def pages() -> dict[str, str]:
    """The pages of the two schemas."""
    return {
        "manifest": _page("manifest.schema.json", "The manifest of a bundle", example("manifest")),
        "film": _page("film.schema.json", "The film of a training", _FILM),
    }


_FILM = """```sh
keras-gen train --recipe gan_ring_r1 --out runs/ring
keras-gen export runs/ring --out bundles/ring
```

[Training](../training.md#a-film-of-the-training) explains it.
"""


def _page(file: str, title: str, head: str) -> str:
    schema = json.loads((FOLDER / file).read_text())
    named = schema["title"]
    parts = [f"# {title}: `{named}`\n", schema["description"] + "\n", head]
    parts += ["An entry with * must be there.\n", f"## {named}\n", described(schema, named)]
    for name, part in schema.get("$defs", {}).items():
        parts += [f"## {name}\n", described(part, name)]
    for name, part in schema.items():
        if name.startswith("x-"):
            parts += [f"## {name}\n", part["description"] + "\n", _free(part)]
    parts += [f"## The schema\n\n```json\n{(FOLDER / file).read_text().strip()}\n```\n"]
    return "\n".join(parts)


def described(schema: Mapping[str, Any], name: str) -> str:
    """A schema as a sentence, and a table of its entries and of those inside them.

    Args:
        schema: as it is stated.
        name: left out where there is nothing but a table.
    """
    rows = list(_rows(schema, ""))
    sentence = "" if "properties" in schema else f"{type_of(schema)}. {schema.get('description', '')}".strip() + "\n"
    if not rows:
        return sentence
    return "\n".join([sentence, "| entry | type | what it is |", "|---|---|---|", *rows, ""]).lstrip("\n")


def _rows(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    required = schema.get("required", [])
    for name, part in schema.get("properties", {}).items():
        star = " \\*" if name in required else ""
        text = " ".join(str(part.get("description", "")).split())
        yield f"| `{path}{name}`{star} | {_cell(type_of(part))} | {_cell(text)} |"
        yield from _rows(part, f"{path}{name}.")
    inner = schema.get("additionalProperties")
    if isinstance(inner, Mapping) and inner.get("properties"):
        yield from _rows(inner, f"{path}NAME.")
    inner = schema.get("items")
    if isinstance(inner, Mapping) and inner.get("properties"):
        yield from _rows(inner, f"{path.removesuffix('.')}[].")


def type_of(schema: Mapping[str, Any]) -> str:
    """A type in words, with its limits."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for key, word in (("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")):
        if key in schema:
            return word.join(type_of(part) for part in schema[key])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    kinds = schema.get("type", "any")
    words = " or ".join([kinds] if isinstance(kinds, str) else kinds)
    if isinstance(schema.get("items"), Mapping):
        words += f" of {type_of(schema['items'])}"
    if isinstance(inner := schema.get("additionalProperties"), Mapping):
        words += f" of {type_of(inner)}"
    limits = [text.format(schema[key]) for key, text in LIMITS.items() if key in schema]
    return ", ".join([words, *limits])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")


def _free(part: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in part.items() if key != "description"}
    lines = []
    for key, value in rest.items():
        shown = ", ".join(f"`{item}`" for item in value) if isinstance(value, list) else f"`{json.dumps(value)}`"
        lines.append(f"- `{key}`: {shown}")
    return "\n".join([*lines, ""])
