"""Cuts the small pictures of docs/gallery.md out of larger ones, as docs/gallery/recipes.yaml says.

    python benchmarks/gallery_tiles.py --runs runs

Pictures of runs (`runs/RECIPE/samples/...`) are looked for in `--runs`; without that run, a tile stays as it is.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from gallery_page import FOLDER, ROOT, every_recipe
from PIL import Image

COLOURS = 64  # of a palette; more than that is a photograph


def tile(source: Path, box: list[int], scale: float) -> Image.Image:
    """A part of a picture, smaller."""
    with Image.open(source) as image:
        part = image.convert("L" if image.mode == "L" else "RGB").crop(tuple(box))
    return part.resize((round(part.width * scale), round(part.height * scale)), Image.Resampling.LANCZOS)


def written(recipe: dict[str, Any], runs: Path) -> Path | None:
    """The file of a recipe's tile, or None where what it is cut out of is not here."""
    cut = recipe["tile"]
    where, _, rest = cut["of"].partition("/")
    source = runs / rest if where == "runs" else ROOT / cut["of"]
    if not source.exists():
        return None
    image = tile(source, cut["box"], cut["scale"])
    target = FOLDER / recipe["picture"]
    if target.suffix == ".jpg":
        image.save(target, quality=85, optimize=True)
    else:
        image.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)
    return target


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=Path, default=ROOT / "runs", help="folder of runs, each named as its recipe")
    options = parser.parse_args()
    for recipe in every_recipe():
        if "tile" in recipe:
            target = written(recipe, options.runs)
            print(f"{recipe['name']}: {target.stat().st_size if target else 'left as it is'}")


if __name__ == "__main__":
    main()
