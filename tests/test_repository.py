"""What people and programs expect at fixed places of a repository, and what must not differ from the project."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

import keras_gen

ROOT = Path(__file__).parent.parent
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))


def read(name):
    return yaml.safe_load((ROOT / name).read_text())


def test_the_citation_is_of_this_version():
    """What the Citation File Format 1.2.0 requires, and what setup.cfg says too."""
    cited = read("CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= cited.keys()
    assert (cited["cff-version"], str(cited["version"])) == ("1.2.0", keras_gen.__version__)
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    meta = setup["metadata"]
    assert (cited["title"], cited["license"]) == (meta["name"], meta["license"])
    assert cited["authors"] == [{"name": meta["author"]}]
    assert cited["abstract"].startswith("Train generative models with Keras fit, export them to ONNX")


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_an_issue_form_is_one(form):
    """What GitHub requires of a form: a name, a description, and fields that have ids and labels of their own."""
    content = yaml.safe_load(form.read_text())
    assert content["name"]
    assert content["description"]
    fields = [field for field in content["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in fields} <= {"textarea", "input", "dropdown", "checkboxes"}
    for key in (lambda field: field["id"], lambda field: field["attributes"]["label"]):
        named = [key(field) for field in fields]
        assert len(set(named)) == len(named) > 0
    # Without a required field it could be sent empty.
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_there_is_a_form_for_a_fault_a_wish_and_a_question():
    assert [form.stem for form in FORMS] == ["bug", "feature", "question"]


def test_what_is_checked_before_a_commit_is_what_continuous_integration_checks():
    hooks = [hook for repo in read(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    entries = {hook["entry"].removeprefix(".venv/bin/").removesuffix(" --force-exclude") for hook in hooks}
    recipe = re.search(r"^lint: install\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    lint = {line.strip().removeprefix("$(BIN)/") for line in recipe.splitlines()}
    # Before a commit files are formatted where CI only compares; the hooks are given the files that changed.
    assert lint == {"ruff check .", "ruff format --check .", "mypy"}
    assert entries == {"ruff check", "ruff format", "mypy", "make prettier"}


def test_hooks_take_every_file_that_they_are_for():
    hooks = {hook["id"]: hook for repo in read(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]}
    packages = ROOT / "keras_gen", ROOT / "export", ROOT / "serving"
    for file in (file for package in packages for file in package.rglob("*.py")):
        assert re.search(hooks["mypy"]["files"], file.relative_to(ROOT).as_posix())
    for place in ("serving/js/src/node.ts", "serving/page/src/app.tsx", "serving/js/package.json"):
        assert re.search(hooks["prettier"]["files"], place)
    assert not re.search(hooks["prettier"]["files"], "serving/sampler.py")


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_prettier_is_left_out_where_npm_is_not_there(tmp_path):
    for program in ("make", "sh"):
        (tmp_path / program).symlink_to(shutil.which(program))
    said = subprocess.run(
        [*shlex.split("make --silent prettier")],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "npm is not there" in said.stdout
