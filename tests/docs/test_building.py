"""What the build of the site does to texts."""

from __future__ import annotations

import pytest

from docs.site.docstrings import restructured
from docs.site.outside import DOCS, FILES, PROJECT, ROOT, linked_files, page_of, rewritten

TRAINING, RESULTS = DOCS / "training.md", ROOT / "RESULTS.md"


@pytest.mark.parametrize(
    ("page", "place", "link", "moved"),
    [
        (TRAINING, TRAINING, "../RESULTS.md#five-hundred-images", "project/results.md#five-hundred-images"),
        (TRAINING, TRAINING, "data.md#kinds", "data.md#kinds"),
        (TRAINING, TRAINING, "own_model/my_wae.py", "files/docs/own_model/my_wae.py.md"),
        (TRAINING, TRAINING, "../serving/cpp", "files/serving/cpp.md"),
        (TRAINING, TRAINING, "https://example.org/a.md", "https://example.org/a.md"),
        (TRAINING, TRAINING, "#a-film-of-the-training", "#a-film-of-the-training"),
        (RESULTS, PROJECT / "results.md", "docs/digits.png", "../digits.png"),
        (RESULTS, PROJECT / "results.md", "BENCHMARKS.md", "benchmarks.md"),
        (DOCS / "howto" / "one.md", DOCS / "howto" / "one.md", "../../README.md", "../project/readme.md"),
    ],
)
def test_links_lead_to_pages_of_the_site(page, place, link, moved):
    assert rewritten(f"See [this]({link}).", page, place) == f"See [this]({moved})."
    assert rewritten(f"```\n[this]({link})\n```\n", page, place) == f"```\n[this]({link})\n```\n"


def test_a_picture_in_html_is_found_too():
    text = '<img src="docs/digits.png" width="30">'
    assert rewritten(text, ROOT / "README.md", PROJECT / "readme.md") == '<img src="../digits.png" width="30">'


def test_files_that_pages_link_to_have_pages():
    file = DOCS / "own_model" / "my_wae.py"
    assert file in linked_files(DOCS / "own_model.md")
    assert page_of(file) == FILES / "docs" / "own_model" / "my_wae.py.md"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("of `x` alone", "of ``x`` alone"),
        ("``x`` stays", "``x`` stays"),
        ("`a *b` and *args", "``a *b`` and \\*args"),
        ("|x| and x_ and a_b", "\\|x\\| and x\\_ and a_b"),
        ("two `of\n    them`s", "two ``of them``\\ s"),
        ("is:\n\n    a * b\n\n    c\n\nand *x", "is:\n\n::\n\n    a * b\n\n    c\n\n\nand \\*x"),
        ("Args:\n    x: one.\n\n    y: two.", "Args:\n    x: one.\n\n    y: two."),
    ],
)
def test_docstrings_become_restructured_text(written, shown):
    assert restructured(written) == shown
