"""The reference, from the code: `docs/reference` is written by the build and is not kept."""

from __future__ import annotations

from pathlib import Path

from docs.site.reference import commands, cpp, grpc, http, javascript, models, python_pages, recipes, schemas
from docs.site.reference.guides import Guides
from docs.site.writing import write_if_changed

INDEX = """# Reference

Everything that has a name, from the code itself: what it takes, in which shapes and ranges, what it raises, and where
its equations come from.

| to use it | |
|---|---|
| [Commands](commands/index.md) | every command of `keras-gen` and its options |
| [Models](models/index.md) | every model, its constructor, and the options of its training |
| [Recipes](recipes.md) | the files of options of every published or demonstrated result |
| [Sources of images](data_sources.md) | what `--data` takes |
| [Metrics](metrics.md) | what `keras-gen evaluate` measures |

| what models are made of | |
|---|---|
| [Networks](networks.md) | functions that return a `keras.Model`, by families and roles |
| [Layers](layers.md) | layers that Keras does not have; augmentations, corruptions, likelihoods |
| [Losses and penalties](losses.md) | pure functions that return one value per example |
| [Training](training.md) | base classes, moves, optimizers, schedules, callbacks |
| [Your own, by name](choices.md) | how a loss, a network or a penalty of your own gets a name |
| [Latents of given pictures](inversion.md) | for any model with a decoder |

| from a trained model to pictures anywhere | |
|---|---|
| [Export from a program](export.md) | `export.export_bundle`, `export.bundle_networks` |
| [Bundles in a program](serving.md) | `serving.load`, `Sampler`, `Translator` |
| [C++](cpp.md) | the library's headers |
| [JavaScript](javascript/index.md) | the npm package |
| [HTTP](http.md) and [gRPC](grpc.md) | what a server answers |
| [Manifest](manifest.md) and [film](film.md) | the files of a bundle, as JSON Schema states them |

```{toctree}
:hidden:

commands/index
models/index
recipes
data_sources
metrics
networks
layers
losses
training
choices
inversion
export
serving
cpp
javascript/index
http
grpc
manifest
film
```
"""


def pages() -> dict[str, str]:
    """Every page by its name, such as `models/vae`, without those that need other tools than Python."""
    guides = Guides()
    return {
        "index": INDEX,
        **commands.pages(guides),
        **models.pages(guides),
        "recipes": recipes.page(),
        **python_pages.pages(),
        **schemas.pages(),
        "cpp": cpp.page(),
        "http": http.page(),
        "grpc": grpc.page(),
    }


def write(folder: Path) -> None:
    """Writes all pages into a folder, and removes what is there of others."""
    made = {folder / f"{name}.md": text for name, text in {**pages(), **javascript.pages()}.items()}
    for old in folder.rglob("*.md"):
        if old not in made:
            old.unlink()
    for path, text in made.items():
        write_if_changed(path, text)
