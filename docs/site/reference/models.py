"""A page for every model: what it is, its constructor, the options of its training, and its recipes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from docs.site.reference.commands import options
from docs.site.reference.documented import first_line, shown
from docs.site.reference.guides import Guides
from docs.site.writing import joined
from keras_gen.cli.completion_table import parser_of
from keras_gen.cli.recipe_files import packaged_recipes, recipe_model
from keras_gen.models import model_class, model_names

# Data without a download, for models that translate pairs, unpaired pictures, or nothing.
EXAMPLE_DATA = {"pairs": "edges:digits", "unpaired": "textured:digits", None: "digits"}


def pages(guides: Guides) -> dict[str, str]:
    """The page of every model by its name, and `models/index`."""
    return {"models/index": _index(), **{f"models/{name}": _page(name, guides) for name in model_names()}}


def _index() -> str:
    rows = [f"| [{name}]({name}.md) | {first_line(model_class(name))} |" for name in model_names()]
    about = (
        "The name of a model is that of its file in `keras_gen/models`, and its class is in `keras_gen`: "
        "`keras-gen train vae` and `keras_gen.VAE`."
    )
    listed = "\n".join(model_names())
    return joined(
        "# Models",
        "",
        about,
        "",
        "| model | what it is |",
        "|---|---|",
        *rows,
        "",
        f"```{{toctree}}\n:hidden:\n\n{listed}\n```\n",
    )


def _page(name: str, guides: Guides) -> str:
    cls: Any = model_class(name)
    examples = guides.commands("train", name)
    written = f"keras-gen train {name} --data {EXAMPLE_DATA[cls.spec.translates]} --print-config > my_{name}.yaml"
    parts = [
        f"# {name}: `keras_gen.{cls.__name__}`\n",
        f"{first_line(cls)}\n",
        f"All options as a file, to change and to train from with `keras-gen train {name} --recipe my_{name}.yaml`:\n",
        f"```sh\n{written}\n```\n",
        guides.shown(examples),
        _recipes(name),
        "## What it is\n\n" + _facts(cls.spec),
        "## Class\n",
        shown([(f"keras_gen.{cls.__name__}", cls)]),
        options(parser_of("train", name)),
    ]
    return "\n".join(filter(None, parts))


def _recipes(name: str) -> str:
    own = [stem for stem in packaged_recipes() if recipe_model(stem) == name]
    if not own:
        return ""
    return "Recipes: " + ", ".join(f"[{stem}](../recipes.md#{stem})" for stem in own) + ".\n"


def _facts(spec: Any) -> str:
    rows = [f"| `{each.name}` | `{getattr(spec, each.name)!r}` |" for each in fields(spec)]
    return joined(
        "Its `spec`, before arguments decide more; {py:class}`keras_gen.ModelSpec` says what each entry means.",
        "",
        "| | |",
        "|---|---|",
        *rows,
        "",
    )
