"""Notebooks of `docs/tutorials`: what can be said of their cells without running them. The build of the site runs them.

The options of their commands are looked at in `tests/test_short_pages.py`.
"""

from __future__ import annotations

import ast
import re
import subprocess

import pytest

from tests.pages import PAGES, cells
from tests.test_links import linked

TUTORIALS = [page for page in PAGES if page.startswith("tutorials/") and page != "tutorials/index"]
# Besides those of Python alone.
MAGICS = ("%%bash", "%%writefile")


def of_python(page):
    """The cells of Python of a notebook, and the modules that it writes."""
    found = [cell for cell in cells(page) if not cell.startswith("%%")]
    return found + [cell.partition("\n")[2] for cell in cells(page) if re.match(r"%%writefile \S+\.py\n", cell)]


@pytest.mark.parametrize("page", TUTORIALS)
def test_the_cells_are_programs(page):
    for cell in of_python(page):
        ast.parse(cell)
    for cell in cells(page):
        first, _, script = cell.partition("\n")
        assert not first.startswith("%") or first.startswith(MAGICS)
        if first.startswith("%%bash"):
            done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("page", TUTORIALS)
def test_a_failing_command_fails_the_build_unless_the_page_says_otherwise(page):
    for cell in cells(page):
        if cell.startswith("%%bash"):
            assert cell.partition("\n")[0] in ("%%bash -e", "%%bash --no-raise-error")


@pytest.mark.parametrize("page", TUTORIALS)
def test_a_notebook_works_in_a_folder_of_its_own(page):
    """Its first cell makes one, and goes there."""
    names = {ast.unparse(node.func) for node in ast.walk(ast.parse(cells(page)[0])) if isinstance(node, ast.Call)}
    assert {"tempfile.TemporaryDirectory", "os.chdir"} <= names


@pytest.mark.parametrize("page", TUTORIALS)
def test_a_notebook_begins_with_a_picture_and_ends_with_what_to_do_next(page):
    text = PAGES[page].read_text()
    title, _, rest = text.partition("\n# ")[2].partition("\n")
    assert title
    assert rest.lstrip().startswith("![")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE)[-1] == "What to do next"
    assert [target for target in linked(PAGES[page]) if target.suffix == ".md"]
