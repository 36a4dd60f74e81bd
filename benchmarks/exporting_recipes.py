"""Every recipe's model at several image sizes: whether it can be exported untrained, after one epoch and trained.

    python benchmarks/exporting_recipes.py [RECIPE ...] [--sizes 64 128 256] [--steps 16] [--epochs 10]

Networks and optimizers are the recipe's; the images are handwritten digits, resized. An epoch has `--steps` steps, and
a trained model has seen `--epochs` of them. Prints one row a model and size. A number is the largest difference from
Keras of any network: in grey levels of images, which may be 1, then that of other outputs; words are why it is refused.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

RECIPES = Path(__file__).parents[1] / "keras_gen" / "recipes"
IMAGES = ("image", "translation")


def built(recipe: str, side: int, batch_size: int) -> tuple[Any, Any]:
    """The recipe's model, compiled, and batches of data for it."""
    import yaml

    from keras_gen.data import endless_pairs, open_domains, open_source
    from keras_gen.models import model_class
    from keras_gen.training.config import constructor_options
    from keras_gen.training.optimizers import OptimizerSpec

    config = yaml.safe_load((RECIPES / f"{recipe}.yaml").read_text())
    cls = model_class(config["name"])
    if cls.spec.translates or cls.spec.adapts:
        data = "edges:digits" if cls.spec.translates == "pairs" else "textured:digits"
        domains = open_domains(data, (side, side), 3)
        source = domains.a
        batches = endless_pairs(source, domains.b, batch_size) if cls.spec.adapts else domains.endless(batch_size)
    else:
        source = open_source("digits", (side, side), 3 if "stacked" in recipe else 1)
        batches = None
    given = {"image_shape": source.examples.images.shape[1:], "classes": source.classes}
    known = {key: value for key, value in given.items() if key in constructor_options(cls)}
    model = cls(**known, **config["model"])
    optimizers = {key: config.get(key) or {} for key in cls.default_optimizers}
    model.compile(**{key: OptimizerSpec(**options).build() for key, options in optimizers.items()})
    return model, batches or source.endless(batch_size, labels=model.spec.labelled)


def exported(model: Any) -> str:
    """How far the exported networks are from Keras, or why there are none."""
    from export import ParityError, export_bundle
    from serving import InputError, Manifest

    with tempfile.TemporaryDirectory() as folder:
        try:
            parity = Manifest.read(export_bundle(model, Path(folder) / "bundle")).parity
        except (InputError, ParityError) as error:
            return str(error)
    found = [(name, value) for outputs in parity.values() for name, value in outputs.items()]
    levels = max((value for name, value in found if name in IMAGES), default=0.0)
    return f"{levels:g}, {max((value for name, value in found if name not in IMAGES), default=0.0):.1g}"


def measure(recipe: str, side: int, steps: int, epochs: int, batch_size: int) -> None:
    """Prints the row of a model and size."""
    from serving import InputError

    try:
        model, batches = built(recipe, side, batch_size)
    except InputError as error:
        print(f"| {recipe} | {side} | not built: {error} | | |", flush=True)
        return
    stages = [exported(model)]
    for further in (1, epochs - 1):
        model.fit(batches, steps_per_epoch=steps, epochs=further, shuffle=False, verbose=0)
        stages.append(exported(model))
    print(f"| {recipe} | {side} | {' | '.join(stages)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipes", nargs="*", default=sorted(file.stem for file in RECIPES.glob("*.yaml")))
    parser.add_argument("--sizes", nargs="+", type=int, default=[64, 128, 256])
    for option, default in (("--steps", 16), ("--epochs", 10), ("--batch-size", 20)):
        parser.add_argument(option, type=int, default=default)
    parser.add_argument("--one", action="store_true", help="of the first recipe and size alone, without a head")
    options = parser.parse_args()
    numbers = (options.steps, options.epochs, options.batch_size)
    if options.one:
        measure(options.recipes[0], options.sizes[0], *numbers)
        return
    print("| recipe | size | untrained | one epoch | trained |\n|---|---|---|---|---|", flush=True)
    names = ("--steps", "--epochs", "--batch-size")
    given = [word for pair in zip(names, map(str, numbers), strict=True) for word in pair]
    for recipe in options.recipes:
        for size in options.sizes:
            command = [sys.executable, __file__, recipe, "--one", "--sizes", str(size), *given]
            ended = subprocess.run(command, stderr=subprocess.PIPE, text=True)
            if ended.returncode:
                print(f"| {recipe} | {size} | {ended.stderr.strip().splitlines()[-1]} | | |", flush=True)


if __name__ == "__main__":
    main()
