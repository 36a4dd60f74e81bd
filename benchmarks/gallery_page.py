"""Writes the tables of recipes into docs/gallery.md, from docs/gallery/recipes.yaml.

    python benchmarks/gallery_page.py

What stands outside of the two marks is written by hand. `tests/benchmarks/test_gallery.py` compares the page with the
recipes of the package, and its figures with RESULTS.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "gallery"
PAGE = ROOT / "docs" / "gallery.md"
BEGIN, END = "<!-- recipes: written by benchmarks/gallery_page.py -->", "<!-- end of recipes -->"
PHOTOGRAPHS = {".jpg"}
COLUMNS = 2


def groups() -> list[dict[str, Any]]:
    """The groups of the page, each with its title and its recipes."""
    return [{**group, "recipes": [_pictured(recipe) for recipe in group["recipes"]]} for group in _stored()]


def every_recipe() -> Iterator[dict[str, Any]]:
    """The entries of all groups, one after the other."""
    for group in groups():
        yield from group["recipes"]


def page(before: str) -> str:
    """The page with the tables as they should be.

    Args:
        before: the page as it is; what stands between its two marks is replaced.
    """
    tables = "\n\n".join(_section(group) for group in groups())
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n\n{tables}\n\n{END}", before, flags=re.DOTALL)


def _stored() -> list[dict[str, Any]]:
    return yaml.safe_load((FOLDER / "recipes.yaml").read_text())


def _pictured(recipe: dict[str, Any]) -> dict[str, Any]:
    """An entry with the name of its picture's file: that of a photograph where it is cut out of one."""
    suffix = Path(recipe.get("tile", {}).get("of", "")).suffix
    return {**recipe, "picture": recipe["name"] + (suffix if suffix in PHOTOGRAPHS else ".png")}


def _section(group: dict[str, Any]) -> str:
    pictured = [recipe for recipe in group["recipes"] if "tile" in recipe]
    others = [recipe for recipe in group["recipes"] if "tile" not in recipe]
    parts = [f"### {group['title']}", group["about"], _grid(pictured)]
    if others:
        lines = "\n".join(f"- {' '.join(_words(recipe))}" for recipe in others)
        parts += ["No picture was kept of these:", lines]
    return "\n\n".join(parts)


def _grid(recipes: list[dict[str, Any]]) -> str:
    cells = ["<br>".join([f"![{each['name']}](gallery/{each['picture']})", *_words(each)]) for each in recipes]
    cells += [""] * (-len(cells) % COLUMNS)
    rows = [" | ".join(cells[start : start + COLUMNS]) for start in range(0, len(cells), COLUMNS)]
    head = [" | ".join(["  "] * COLUMNS), " | ".join(["---"] * COLUMNS)]
    return "\n".join(f"| {row} |" for row in head + rows)


def _words(recipe: dict[str, Any]) -> list[str]:
    name, options, minutes = recipe["name"], recipe.get("options"), recipe.get("minutes", "not measured")
    return [
        f"**{name}**: {recipe['what']}",
        f"*Figure*: {recipe.get('figure', 'not measured')}.",
        f"*Time*: {minutes}." if isinstance(minutes, str) else f"*Time*: {minutes:g} minutes.",
        *([f"*Not good yet*: {recipe['yet']}."] if "yet" in recipe else []),
        f"`keras-gen train --recipe {name}{f' {options}' if options else ''}`",
    ]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
