"""The reference: everything with a public name says what it is, and stands on a page."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pytest
import yaml

import export
import keras_gen
import keras_gen.data
import keras_gen.inversion
import keras_gen.layers
import keras_gen.losses
import keras_gen.metrics
import keras_gen.networks
import keras_gen.training.callbacks
import serving
from docs.site.reference.http import openapi
from docs.site.reference.python_pages import families, roles
from keras_gen.cli import main
from keras_gen.cli.main import COMMANDS
from keras_gen.data.kinds import DOMAINS, SOURCES
from keras_gen.layers import AUGMENTATIONS, CORRUPTIONS, LIKELIHOODS
from keras_gen.losses import PAIRS
from keras_gen.metrics import evaluation, sample_figures, translation
from keras_gen.models import model_class, model_names
from keras_gen.training.generator_penalties import GENERATOR_PENALTIES
from keras_gen.training.optimizers import OPTIMIZERS
from keras_gen.training.penalties import PENALTIES
from keras_gen.training.schedules import SCHEDULES
from keras_gen.training.trackers import TRACKERS
from tests.pages import ROOT

PACKAGES = {
    "layers": keras_gen.layers,
    "losses": keras_gen.losses,
    "metrics": keras_gen.metrics,
    "data_sources": keras_gen.data,
    "inversion": keras_gen.inversion,
    "networks": keras_gen.networks,
    "training": keras_gen.training.callbacks,
    "export": export,
    "serving": serving,
}
NAMED = {
    "losses": [PAIRS, PENALTIES, GENERATOR_PENALTIES],
    "layers": [AUGMENTATIONS, CORRUPTIONS, LIKELIHOODS],
    "training": [OPTIMIZERS, SCHEDULES, TRACKERS],
    "metrics": [sample_figures.METRICS, evaluation.CODE_METRICS, translation.METRICS],
}
# Lists of what has examples on pages of its own, or that follow from other pages.
LISTS = {"index", "commands/index", "models/index"}


def public_objects():
    for page, package in PACKAGES.items():
        for name in package.__all__:
            value = getattr(package, name)
            if inspect.isclass(value) or inspect.isroutine(value):
                yield page, f"{package.__name__}.{name}", value
    for name in keras_gen._PARTS_OF_MODELS:
        if inspect.isclass(value := getattr(keras_gen, name)):
            yield "training", f"keras_gen.{name}", value
    for name in model_names():
        yield f"models/{name}", f"keras_gen.{model_class(name).__name__}", model_class(name)
    for family in families().values():
        for role, function in roles(family).items():
            yield "networks", f"{family.__name__}.{role}", function


def is_of_keras(value):
    return value.__module__.partition(".")[0] == "keras"


def test_every_public_name_stands_on_its_page(pages):
    for page, name, _ in public_objects():
        assert re.search(rf":: {re.escape(name)}$", pages[page], re.MULTILINE), (page, name)


def test_every_public_name_says_what_it_is():
    for _, name, value in public_objects():
        assert value.__doc__, name
        # What Keras asks for is explained by Keras.
        of_keras = {member for base in getattr(value, "__mro__", ()) if is_of_keras(base) for member in vars(base)}
        members = vars(value) if inspect.isclass(value) and not is_of_keras(value) else {}
        for member, what in members.items():
            of_ours = not member.startswith("_") and member not in of_keras
            if of_ours and (inspect.isroutine(what) or isinstance(what, property)):
                assert inspect.getdoc(getattr(value, member)), f"{name}.{member}"


@pytest.mark.parametrize("page", NAMED)
def test_every_entry_of_a_registry_says_what_it_is(pages, page):
    for registry in NAMED[page]:
        for name in registry:
            rows = re.findall(rf"^\| `{name}` \| (.*) \|$", pages[page], re.MULTILINE)
            assert rows, name
            assert all(cell.strip() for row in rows for cell in row.split(" | ")), name


def test_every_source_of_images_is_listed(pages):
    for kind in (*SOURCES.values(), *DOMAINS.values()):
        for text in kind.form.texts:
            assert f"`{text}`" in pages["data_sources"]


def test_every_recipe_is_there_with_its_options(pages):
    shown = dict(re.findall(r"^## (\w+)\n.*?```yaml\n(.*?)```", pages["recipes"], re.DOTALL | re.MULTILINE))
    files = {path.stem: path for path in Path(keras_gen.__file__).parent.glob("recipes/*.yaml")}
    assert {name: yaml.safe_load(text) for name, text in shown.items()} == {
        name: yaml.safe_load(path.read_text()) for name, path in files.items()
    }


@pytest.mark.parametrize("command", sorted({*COMMANDS} - {"train"}))
def test_a_command_has_the_options_that_its_help_prints(pages, command, capsys):
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    printed = re.findall(r"^  ((?:-\w, )?--[\w.-]+)", capsys.readouterr().out, re.MULTILINE)
    options = {word.rpartition(" ")[2] for word in printed} - {"--help"}
    shown = " ".join(re.findall(r"\{option\} (.*)", pages[f"commands/{command}"]))
    assert options <= set(re.findall(r"--[\w.-]+", shown))


def test_a_model_has_the_options_that_its_recipes_set(pages):
    for path in Path(keras_gen.__file__).parent.glob("recipes/*.yaml"):
        recipe = yaml.safe_load(path.read_text())
        lines = re.findall(r"\{option\} (.*)", pages[f"models/{recipe['name']}"])
        shown = set(re.findall(r"--([\w.-]+)", " ".join(lines)))
        keys = {f"model.{key}" for key in recipe.get("model", {})} | {
            key for key, value in recipe.items() if key != "name" and not isinstance(value, dict)
        }
        assert {key.replace("_", "-") for key in keys} <= shown, path.stem


def entries(schema):
    """The names of all entries of a JSON Schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from entries(part)


@pytest.mark.parametrize("page", ["manifest", "film"])
def test_a_schema_has_all_its_entries(pages, page):
    schema = json.loads((ROOT / "serving" / "bundle" / f"{page}.schema.json").read_text())
    shown = set(re.findall(r"^\| `(?:[\w.\[\]]*[.\]])?(\w+)`", pages[page], re.MULTILINE))
    assert {name for name in entries(schema) if name.isidentifier()} <= shown


def test_the_server_has_all_its_operations(pages):
    operations = {f"{method.upper()} {path}" for path, each in openapi()["paths"].items() for method in each}
    assert "POST /v2/models/{model}/infer" in operations
    assert operations == set(re.findall(r"^### ((?:GET|POST) .*)$", pages["http"], re.MULTILINE))
    (text,) = [path.read_text() for path in (ROOT / "serving" / "server" / "grpc").glob("inference.proto")]
    assert set(re.findall(r"rpc (\w+)", text)) <= set(re.findall(r"^\| `(\w+)`", pages["grpc"], re.MULTILINE))


def test_the_headers_of_cpp_have_all_that_they_declare(pages):
    shown = re.findall(r"\{cpp:\w+\} (.*)", pages["cpp"])
    for path in (ROOT / "serving" / "cpp" / "include" / "keras_gen").glob("*.hpp"):
        public = re.sub(r"\nprivate:.*?\n\};", "", path.read_text(), flags=re.DOTALL)
        code = re.sub(r"//.*", "", public.partition("namespace")[2])
        for kind, name in re.findall(r"^ *(?:template <.*> )?(class|struct|using) (\w+)", code, re.MULTILINE):
            assert any(re.search(rf"\b{name}\b", text) for text in shown), (kind, name)
        for name in re.findall(r"^ *(?:[\w:<>&, ]+ )?&?(\w+)\([^;{]*[;{]", code, re.MULTILINE):
            assert any(f"{name}(" in text for text in shown), name


def test_every_page_has_an_example(pages):
    for name, text in pages.items():
        if name not in LISTS:
            assert re.search(r"^```(sh|python|js|cpp)\n", text, re.MULTILINE), name
