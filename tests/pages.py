"""What the pages of the repository tell a reader to type."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
# What the build of the site writes.
BUILT = ("_build", "files", "project", "reference")
FENCED = re.compile(r"^( *)```([^`\n]*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


def _pages() -> dict[str, Path]:
    """Pages by their place below `docs` without the suffix, such as `training` and `howto/out_of_memory`."""
    found = {page.relative_to(DOCS).with_suffix("").as_posix(): page for page in sorted(DOCS.rglob("*.md"))}
    return {"README": ROOT / "README.md"} | {
        name: page for name, page in found.items() if name.partition("/")[0] not in BUILT
    }


PAGES = _pages()


def blocks(page: str, *languages: str) -> list[str]:
    """The blocks of code of a page in these languages, without what they are indented by.

    Args:
        page: one of `PAGES`.
        languages: as they stand behind the first marks; an empty one for blocks without.
    """
    found = FENCED.findall(PAGES[page].read_text())
    return [re.sub(f"^{indent}", "", text, flags=re.MULTILINE) for indent, name, text in found if name in languages]


def cells(page: str) -> list[str]:
    """The code of a notebook's cells, without the lines of their tags."""
    return [re.sub(r"\A(:.*\n)+\n", "", text) for text in blocks(page, "{code-cell} ipython3")]


def written(page: str) -> dict[str, str]:
    """Files that cells of a notebook write, by their names."""
    parts = (cell.partition("\n") for cell in cells(page) if cell.startswith("%%writefile "))
    return {first.partition(" ")[2]: rest for first, _, rest in parts}


def commands(page: str) -> list[str]:
    """The commands of `keras-gen` in the blocks and cells of a page, each a line without its remark, and without where
    its output goes."""
    shell = [cell for cell in cells(page) if cell.startswith("%%bash")]
    text = "".join([*blocks(page, "", "sh"), *shell]).replace("\\\n", " ")
    lines = (re.sub(r"\s+(#|\||>).*", "", line).strip() for line in text.splitlines())
    return [line for line in lines if re.match(r"(\w+='[^']*' +)?keras-gen ", line)]
