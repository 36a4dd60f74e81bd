"""What the site needs besides its pages: a Sphinx extension."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docs.site import docstrings, outside, plain, reference


def setup(app: Any) -> dict[str, bool]:
    """Connects what is written before pages are read, and what is done to them then."""
    app.connect("builder-inited", _write)
    app.connect("source-read", _rewrite)
    app.connect("autodoc-process-docstring", docstrings.as_restructured, priority=400)
    app.connect("autodoc-process-signature", docstrings.without_registries)
    app.connect("autodoc-skip-member", docstrings.is_left_out)
    app.connect("build-finished", plain.write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write(app: Any) -> None:
    outside.write_pages(Path(app.srcdir))
    reference.write(outside.DOCS / "reference")


def _rewrite(app: Any, name: str, content: list[str]) -> None:
    page = Path(app.srcdir) / f"{name}.md"
    if page.is_file() and not outside.is_generated(page):
        content[0] = outside.rewritten(content[0], page, page)
