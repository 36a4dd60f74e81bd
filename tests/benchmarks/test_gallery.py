"""The gallery: every recipe of the package, with what the record says of it, as the script writes it."""

from __future__ import annotations

import re
from pathlib import Path

import gallery_page
import pytest

ROOT = Path(__file__).parents[2]
RECORD = (ROOT / "RESULTS.md").read_text()
RECIPES = {recipe["name"]: recipe for recipe in gallery_page.every_recipe()}
NUMBER = re.compile(r"\d[\d.,]*\d|\d")


def numbers(text: object) -> set[str]:
    return set(NUMBER.findall(str(text)))


def section(name: str) -> str:
    """The parts of the record between two headings that name a recipe."""
    parts = re.split(r"^#+ ", RECORD, flags=re.MULTILINE)
    return "\n".join(part for part in parts if re.search(rf"\b{name}\b", part))


def rows(name: str) -> str:
    """The rows of the record's tables from a recipe's own to the next one's; its section where it has none."""
    own: list[str] = []
    inside = False
    for line in RECORD.splitlines():
        inside = line.startswith(f"| `{name}`") if line.startswith("| `") else inside and line.startswith("|")
        own += [line] * inside
    return "\n".join(own) or section(name)


def test_every_recipe_of_the_package_is_in_the_gallery_once():
    names = [recipe["name"] for recipe in gallery_page.every_recipe()]
    assert sorted(names) == sorted(file.stem for file in (ROOT / "keras_gen" / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("name", [name for name, recipe in RECIPES.items() if "figure" in recipe])
def test_a_figure_is_that_of_the_record(name):
    assert numbers(RECIPES[name]["figure"]) <= numbers(rows(name))
    assert numbers(RECIPES[name]["minutes"]) <= numbers(section(name))


def test_the_tables_are_as_the_script_writes_them():
    page = gallery_page.PAGE.read_text()
    assert page == gallery_page.page(page)


def test_every_picture_is_there_and_shown_and_small():
    shown = {Path(name) for name in re.findall(r"\]\(gallery/([\w.]+)\)", gallery_page.PAGE.read_text())}
    kept = {file.relative_to(gallery_page.FOLDER) for file in gallery_page.FOLDER.glob("*.[pj][np]g")}
    assert shown == kept
    assert sum((gallery_page.FOLDER / name).stat().st_size for name in kept) < 1_500_000


def test_the_table_of_networks_has_every_family_with_its_roles():
    table = re.findall(r"^\| `(\w+)` \|[^|]*\| (.*) \|$", gallery_page.PAGE.read_text(), re.MULTILINE)
    written = {family: set(re.findall(r"`(\w+)`", roles)) for family, roles in table}
    roles = set.union(*written.values())
    defined: dict[str, set[str]] = {}
    for file in (ROOT / "keras_gen" / "networks").rglob("*.py"):
        family = file.parent.name if file.parent.name != "networks" else file.stem
        found = set(re.findall(r"^def ([a-z]\w*)\(", file.read_text(), re.MULTILINE))
        defined.setdefault(family, set()).update(found & roles)
    assert written == {family: found for family, found in defined.items() if found}


def test_the_modes_that_losses_find_are_those_of_the_record():
    rows = re.findall(r"^\| ([\w ,.]+) \| ([\d, ]+) \| ([\d, ]+) \|$", gallery_page.PAGE.read_text(), re.MULTILINE)
    recorded = re.findall(r"^\| ([\w ,.]+) \| ([\d, ]+) \| [\d%, ]+ \| ([\d, ]+) \| [\d%, ]+ \|", RECORD, re.MULTILINE)
    assert len(rows) == 7
    assert set(rows) <= set(recorded)
