"""The page of the recipes that come with the package."""

from __future__ import annotations

from keras_gen.cli.recipe_files import find_recipe, packaged_recipes


def page() -> str:
    """What each recipe is of, how it is trained, and its options."""
    intro = (
        "# Recipes\n\nA recipe is a file of the options of `keras-gen train`, one for each published or demonstrated "
        "result. [Results](../project/results.md) has their figures. A recipe of your own is such a file too: "
        "`keras-gen train vae --recipe my.yaml`, and options behind it win:\n\n"
        "```sh\nkeras-gen train --recipe vae_digits --epochs 1 --print-config > my.yaml\n```\n"
    )
    return "\n".join([intro, *map(_section, packaged_recipes())])


def _section(name: str) -> str:
    lines = find_recipe(name).read_text().splitlines()
    comments = [line.lstrip("# ") for line in lines if line.startswith("#")]
    options = "\n".join(line for line in lines if not line.startswith("#")).strip()
    return (
        f"## {name}\n\n{' '.join(comments)}\n\n```sh\nkeras-gen train --recipe {name}\n```\n\n```yaml\n{options}\n```\n"
    )
