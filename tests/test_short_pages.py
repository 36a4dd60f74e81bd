"""Pages that are no guides, such as start, how-to pages and concepts: the options of their commands are taken, and what
needs no training is run, as are the programs of start, how-to pages and concepts."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from keras_gen.cli import main
from keras_gen.cli.parser import Parser
from serving.bundle.ready import ready_folder
from tests.pages import PAGES, blocks, commands, written
from tests.test_links import linked
from tests.test_pages import ELSEWHERE, HERE

SHORT = [page for page in PAGES if page not in {*HERE, *ELSEWHERE}]
PROGRAMS = [page for page in SHORT if page.startswith(("start", "howto/", "concepts/")) and blocks(page, "python")]
# Of a bundle that the package brings; they need neither a training nor TensorFlow.
QUICK = ("sample", "info", "manifold", "traverse", "interpolate", "ready")


class ParsedError(Exception):
    """The words of a command were taken."""


@pytest.fixture
def parsing_alone(monkeypatch):
    """Every parser ends its command, once it has taken the words."""
    parse = Parser.parse_args

    def parse_args(self, *words, **settings):
        parse(self, *words, **settings)
        raise ParsedError

    monkeypatch.setattr(Parser, "parse_args", parse_args)


def words_of(line):
    """Of a command that starts another one, also the words of that."""
    words = shlex.split(re.sub(r"^\w+='[^']*' +", "", line))[1:]
    return [words, words[words.index("--") + 1 :]] if "--" in words else [words]


@pytest.mark.parametrize("page", [page for page in SHORT if commands(page)])
def test_the_options_of_the_commands_are_taken(page, parsing_alone, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, text in written(page).items():
        Path(name).write_text(text)
    for line in commands(page):
        for words in words_of(line):
            try:
                assert main(words) != 2, (line, capsys.readouterr().err)
            except ParsedError:
                continue
            except SystemExit as shown:  # by --help
                assert shown.code == 0


@pytest.mark.parametrize("page", [page for page in SHORT if any(" ready" in line for line in commands(page))])
def test_the_commands_of_ready_bundles_run(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for line in commands(page):
        (words,) = words_of(line)[:1]
        if words[0] in QUICK and (words[1:2] == [] or words[1].startswith("ready:")):
            assert main(words) == 0, (line, capsys.readouterr().err)


@pytest.mark.parametrize("page", PROGRAMS)
def test_the_programs_of_a_page_run_one_after_the_other(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ready_folder() / "plane", "bundles/plane")
    names: dict = {}
    for program in blocks(page, "python"):
        exec(program, names)


@pytest.mark.parametrize("folder", ["howto", "concepts", "tutorials"])
def test_the_first_page_of_a_folder_leads_to_the_others(folder):
    first = PAGES[f"{folder}/index"]
    others = [page for name, page in PAGES.items() if name.startswith(f"{folder}/") and page != first]
    assert set(others) <= linked(first)
    listed = blocks(f"{folder}/index", "{toctree}")[0].split()
    assert set(listed) >= {page.stem for page in others}
