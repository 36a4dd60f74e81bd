"""The programs and commands of the reference run, and print what they say."""

from __future__ import annotations

import inspect
import re

import pytest
import yaml

from docs.site.reference.python_pages import EXAMPLES
from keras_gen.cli import main
from keras_gen.losses import PAIRS
from keras_gen.models import model_class, model_names

# What reads the bundle that the first one writes comes after it.
ORDER = ["export", "serving", "inversion", "manifest"]
PROGRAMS = sorted((path.stem for path in EXAMPLES.glob("*.py")), key=lambda name: (name not in ORDER, name != "export"))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("examples")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_prints_what_stands_beside_it(name, place, monkeypatch, capsys):
    monkeypatch.chdir(place)
    monkeypatch.setattr(PAIRS, "_entries", dict(PAIRS._entries))
    text = (EXAMPLES / f"{name}.py").read_text()
    exec(compile(text, f"{name}.py", "exec"), {"__name__": "__main__"})
    said = [line.partition(": ")[0] for line in re.findall(r"^print\(.*\)  # (.*)$", text, re.MULTILINE)]
    assert said
    assert capsys.readouterr().out.splitlines() == said


@pytest.mark.parametrize("name", model_names())
def test_the_options_of_a_model_are_printed_as_a_file(name, pages, capsys):
    (line,) = re.findall(r"^keras-gen (.* --print-config) > ", pages[f"models/{name}"], re.MULTILINE)
    with pytest.raises(SystemExit, match="0"):
        main(line.split())
    options = yaml.safe_load(capsys.readouterr().out)
    parameters = inspect.signature(model_class(name)).parameters.values()
    stated = {each.name for each in parameters if each.kind is not inspect.Parameter.VAR_KEYWORD}
    assert stated - {"image_shape", "classes", "seed", model_class(name).spec.stands_on} <= set(options["model"])


def test_a_recipe_is_printed_with_what_stands_behind_it(pages, capsys):
    (line,) = re.findall(r"^keras-gen (.* --print-config) > ", pages["recipes"], re.MULTILINE)
    with pytest.raises(SystemExit, match="0"):
        main(line.split())
    options = yaml.safe_load(capsys.readouterr().out)
    assert (options["epochs"], options["data"]) == (1, "digits")
