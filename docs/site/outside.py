"""Links of the pages to files that are no pages: each becomes a page of the site, so that no link leads out of it.

A page of the repository's root, such as `RESULTS.md`, stands in `docs/project`. Every other file that is linked
stands in `docs/files`, as code; a folder as the list of its files. Both are written by the build.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from docs.site.writing import write_if_changed

DOCS = Path(__file__).parent.parent
ROOT = DOCS.parent
FILES, PROJECT = DOCS / "files", DOCS / "project"
GENERATED = (FILES, PROJECT, DOCS / "reference")
FENCE = re.compile(r"^ *(```+|~~~+).*?^ *\1`* *$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(\]\(|<(?:img|a)\b[^>]*?(?:src|href)=\")([^)\s\"]+)")
# No list of pages has to name it.
ORPHAN = "---\norphan: true\n---\n\n"
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"}
LANGUAGES = {
    ".py": "python",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".ts": "typescript",
    ".mjs": "javascript",
    ".cpp": "cpp",
    ".hpp": "cpp",
    ".sh": "sh",
    ".proto": "protobuf",
    ".cfg": "ini",
    ".toml": "toml",
    ".md": "markdown",
}


def is_generated(page: Path) -> bool:
    """Whether the build writes a page."""
    return any(page.is_relative_to(folder) for folder in GENERATED)


def write_pages(docs: Path = DOCS) -> None:
    """Writes the pages of the root, and a page for every other file that a page links to."""
    own = [path for path in docs.rglob("*.md") if not is_generated(path) and "_build" not in path.parts]
    roots = sorted(ROOT.glob("*.md"))
    linked = {target for page in (*own, *roots) for target in linked_files(page)}
    pages = {page_of(path): ORPHAN + rewritten(path.read_text(), path, page_of(path)) for path in roots}
    pages |= {page_of(path): _shown(path) for path in linked}
    for folder in (FILES, PROJECT):
        for old in folder.rglob("*.md"):
            if old not in pages:
                old.unlink()
    for path, text in pages.items():
        write_if_changed(path, text)


def linked_files(page: Path) -> set[Path]:
    """What a page links to that is neither a page nor a picture."""
    text = FENCE.sub("", page.read_text())
    targets = (_target(page, link) for _, link in LINK.findall(text))
    return {target for target in targets if target is not None and page_of(target).is_relative_to(FILES)}


def page_of(path: Path) -> Path:
    """The page of the site that shows a file; of a picture, the picture."""
    if path.suffix == ".md" and path.parent == ROOT:
        return PROJECT / f"{path.stem.lower()}.md"
    if path.is_relative_to(DOCS) and path.suffix in {".md", *PICTURES}:
        return path
    if path.suffix in PICTURES:
        return path
    return FILES / f"{path.relative_to(ROOT)}.md"


def rewritten(text: str, page: Path, place: Path) -> str:
    """A page whose links lead to pages of the site.

    Args:
        text: of the page.
        page: its file, from which its links are relative.
        place: where the site has it.
    """

    def moved(match: re.Match[str]) -> str:
        target = _target(page, match[2])
        if target is None:
            return match[0]
        anchor = match[2].partition("#")[2]
        shown = page_of(target)
        link = os.path.relpath(shown, place.parent)
        return f"{match[1]}{link}{f'#{anchor}' if anchor and not shown.is_relative_to(FILES) else ''}"

    return "".join(part if fenced else LINK.sub(moved, part) for part, fenced in _parts(text))


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces, and whether each is a block of code."""
    end = 0
    for match in FENCE.finditer(text):
        yield text[end : match.start()], False
        yield match[0], True
        end = match.end()
    yield text[end:], False


def _target(page: Path, link: str) -> Path | None:
    """The file or folder of the repository that a link names; None for another kind of link."""
    place = link.partition("#")[0]
    if not place or re.match(r"[a-z]+:", place):
        return None
    target = Path(os.path.normpath(page.parent / place))
    return target if target.exists() and target.is_relative_to(ROOT) else None


def _shown(path: Path) -> str:
    title = f"{ORPHAN}# {path.relative_to(ROOT)}\n"
    if path.is_dir():
        names = sorted(child.name + "/" * child.is_dir() for child in path.iterdir() if child.name[0] not in "._")
        return "\n".join([title, *(f"- `{name}`" for name in names), ""])
    text = path.read_text()
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
    return f"{title}\n{fence}{LANGUAGES.get(path.suffix, 'text')}\n{text.rstrip()}\n{fence}\n"
