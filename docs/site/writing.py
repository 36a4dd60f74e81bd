"""Files that the build writes."""

from __future__ import annotations

from pathlib import Path


def write_if_changed(path: Path, text: str) -> None:
    """Writes a page. One that is there already keeps its time, so that Sphinx does not read it again."""
    if path.is_file() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def joined(*parts: str) -> str:
    """Parts of a page, below each other."""
    return "\n".join(parts)
