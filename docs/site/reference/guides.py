"""Examples of the reference that stand in a page which a test runs."""

from __future__ import annotations

import os
from pathlib import Path

from tests.pages import PAGES, blocks, commands

REFERENCE = Path(__file__).parents[2] / "reference"


class Guides:
    """What the pages tell a reader to type, read once."""

    def __init__(self) -> None:
        self._lines = [(page, line) for page in PAGES for line in commands(page)]

    def commands(self, name: str, *behind: str) -> list[tuple[str, str]]:
        """(page, command) of the commands `keras-gen NAME`, each once: of ready bundles and short ones first."""
        start = " ".join([f"keras-gen {name}", *behind])
        found = {line: page for page, line in reversed(self._lines) if f"{line} ".startswith(f"{start} ")}
        return sorted(
            ((page, line) for line, page in found.items()), key=lambda each: ("ready:" not in each[1], len(each[1]))
        )

    def shown(self, examples: list[tuple[str, str]], most: int = 3, depth: int = 1) -> str:
        """A block of the first of these, and where they stand.

        Args:
            examples: what `commands` gives.
            most: how many are shown.
            depth: of the page's folder in `docs/reference`.
        """
        if not examples:
            return ""
        lines = "\n".join(line for _, line in examples[:most])
        pages = list(dict.fromkeys(page for page, _ in examples))
        links = ", ".join(f"[{title(page)}]({link(page, depth)})" for page in pages)
        return f"```sh\n{lines}\n```\n\nExplained in: {links}.\n"


def title(page: str) -> str:
    """The heading of a page."""
    lines = PAGES[page].read_text().splitlines()
    return next((line[2:].strip() for line in lines if line.startswith("# ")), page)


def link(page: str, depth: int = 0) -> str:
    """From a page of the reference, so many folders deep, to another page of the site."""
    if page == "README":
        return "../" * (depth + 1) + "project/readme.md"
    return os.path.relpath(PAGES[page], REFERENCE / Path(*["x"] * depth))


def block(page: str, language: str, index: int = 0, depth: int = 0) -> str:
    """A block of code of a page, with its marks and where it stands."""
    text = blocks(page, language)[index].rstrip()
    return f"```{language}\n{text}\n```\n\nFrom [{title(page)}]({link(page, depth)}).\n"
