"""The site as plain text: `llms.txt`, a line for each page, and `llms-full.txt`, all of them one after the other.

Source: the proposal at https://llmstxt.org.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.io import StringOutput
from sphinx import addnodes
from sphinx.builders.text import TextBuilder
from sphinx.writers.text import TextWriter

LONGEST = 200
# Pages whose text is made by the build: of code, or of programs that it ran.
MADE = ("reference/", "tutorials/")


def write(app: Any, exception: Exception | None) -> None:
    """For `build-finished`: both files beside the pages, after a build of HTML."""
    if exception is not None or app.builder.format != "html":
        return
    index, full = [], []
    for caption, names in sections(app.env):
        index += ["", f"## {caption}", ""]
        for name in names:
            title = app.env.titles[name].astext()
            index.append(f"- [{title}]({name}.html): {_summary(app.env.get_doctree(name))}")
            full.append(_text(app, name).strip())
    head = f"# {app.config.project} {app.config.version}\n\n> {_summary(app.env.get_doctree('index'))}\n"
    out = Path(app.outdir)
    (out / "llms.txt").write_text(head + "\n".join([*index, ""]))
    (out / "llms-full.txt").write_text(f"\n\n{'-' * 80}\n\n".join([_text(app, "index").strip(), *full]) + "\n")


def sections(env: Any) -> Iterator[tuple[str, list[str]]]:
    """The captions of the first page's lists, and the pages below each, in their order."""
    for tree in env.get_doctree("index").findall(addnodes.toctree):
        names = [name for top in tree["includefiles"] for name in _below(env, top)]
        if names:
            yield tree["caption"] or "Pages", names


def _below(env: Any, name: str) -> Iterator[str]:
    yield name
    for inner in env.toctree_includes.get(name, ()):
        yield from _below(env, inner)


def _summary(page: nodes.document) -> str:
    """The beginning of the first paragraph, up to the end of a sentence where it is long."""
    paragraphs = (each.astext() for each in page.findall(nodes.paragraph))
    text = " ".join(next((each for each in paragraphs if each.strip()), "").split())
    if len(text) <= LONGEST:
        return text
    return text[: text.find(". ") + 1 if 0 < text.find(". ") < LONGEST else text.rfind(" ", 0, LONGEST)]


def _text(app: Any, name: str) -> str:
    """A page as it was written, in Markdown; one that the build made, in plain text."""
    if not name.startswith(MADE):
        source = Path(app.env.doc2path(name)).read_text()
        return source.partition("\n---\n")[2] if source.startswith("---\n") else source
    builder = TextBuilder(app, app.env)
    builder.init()
    builder.current_docname = name
    page = app.env.get_and_resolve_doctree(name, builder)
    return TextWriter(builder).write(page, StringOutput(encoding="unicode"))
