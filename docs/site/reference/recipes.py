"""The page of the recipes that come with the package."""

from __future__ import annotations

from pathlib import Path

import keras_gen


def recipes() -> dict[str, Path]:
    """The files of the recipes by their names."""
    return {path.stem: path for path in sorted((Path(keras_gen.__file__).parent / "recipes").glob("*.yaml"))}


def page() -> str:
    """What each recipe is of, how it is trained, and its options."""
    intro = (
        "# Recipes\n\nA recipe is a file of the options of `keras-gen train`, one for each published or demonstrated "
        "result. [Results](../project/results.md) has their figures. A recipe of your own is such a file too: "
        "`--recipe my.yaml`, and options behind it win:\n\n"
        "```sh\nkeras-gen train --recipe vae_digits --epochs 1 --print-config > my.yaml\n```\n"
    )
    return "\n".join([intro, *(_section(name, path) for name, path in recipes().items())])


def _section(name: str, path: Path) -> str:
    lines = path.read_text().splitlines()
    comments = [line.lstrip("# ") for line in lines if line.startswith("#")]
    options = "\n".join(line for line in lines if not line.startswith("#")).strip()
    return (
        f"## {name}\n\n{' '.join(comments)}\n\n```sh\nkeras-gen train --recipe {name}\n```\n\n```yaml\n{options}\n```\n"
    )
