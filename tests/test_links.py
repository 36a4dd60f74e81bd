"""The pages of the repository: what they link to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pages import PAGES as DOCS

ROOT = Path(__file__).parent.parent
PAGES = sorted({*ROOT.glob("*.md"), *DOCS.values()})
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)


def prose(page):
    return CODE.sub("", page.read_text())


def linked(page):
    """The files that a page links to."""
    return {(page.parent / link.partition("#")[0]).resolve() for link in LINK.findall(prose(page)) if "://" not in link}


def anchors(page):
    """What a heading is called in a link: lower case, spaces as dashes, no other marks."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page):
    for link in LINK.findall(prose(page)):
        if link.startswith("https://"):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_can_be_reached_from_the_readme():
    reached, next_ones = set(), {ROOT / "README.md"}
    while next_ones:
        reached |= next_ones
        next_ones = {to for page in next_ones for to in linked(page) if to.suffix == ".md" and to.exists()} - reached
    assert set(PAGES) <= reached
