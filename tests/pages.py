"""What the pages of the repository tell a reader to type."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGES = {page.stem: page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


def blocks(page: str, *languages: str) -> list[str]:
    """The blocks of code of a page in these languages, without what they are indented by.

    Args:
        page: stem of its file, such as `translation`.
        languages: as they stand behind the first marks; an empty one for blocks without.
    """
    found = FENCED.findall(PAGES[page].read_text())
    return [re.sub(f"^{indent}", "", text, flags=re.MULTILINE) for indent, name, text in found if name in languages]


def commands(page: str) -> list[str]:
    """The commands of `keras-gen` in the blocks of a page, each a line without its remark."""
    text = "".join(blocks(page, "", "sh")).replace("\\\n", " ")
    lines = (re.sub(r"\s+#.*", "", line).strip() for line in text.splitlines())
    return [line for line in lines if re.match(r"(\w+='[^']*' +)?keras-gen ", line)]
