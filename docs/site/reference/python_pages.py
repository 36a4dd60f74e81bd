"""Pages of what a program imports: functions and classes by autodoc, and tables of what is chosen by name."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import export
import keras_gen
import keras_gen.data
import keras_gen.inversion
import keras_gen.layers
import keras_gen.losses
import keras_gen.metrics
import keras_gen.networks
import keras_gen.training.callbacks
import keras_gen.training.trackers
import serving
from docs.site.reference.choices import table
from docs.site.reference.documented import first_line, public, said, shown
from docs.site.writing import joined
from keras_gen.data.forms import Form
from keras_gen.data.kinds import DOMAINS, OWN_DOMAINS, OWN_SOURCE, SOURCES, forms
from keras_gen.layers import AUGMENTATIONS, CORRUPTIONS, LIKELIHOODS
from keras_gen.losses import PAIRS
from keras_gen.metrics import evaluation, sample_figures, translation
from keras_gen.registry import modules_of
from keras_gen.training.generator_penalties import GENERATOR_PENALTIES
from keras_gen.training.optimizers import OPTIMIZERS
from keras_gen.training.penalties import PENALTIES
from keras_gen.training.schedules import SCHEDULES
from keras_gen.training.trackers import TRACKERS

EXAMPLES = Path(__file__).parents[1] / "examples"
MANIFEST = (
    *("Atlas", "Codes", "ExampleInputs", "Image", "Latent", "Network", "Origin", "PixelDistribution", "Quantization"),
    *("Stored", "StoredFilm", "Tensor", "Weights"),
)
# Types that signatures of these pages name, and that are imported from where they are.
NAMED = {
    "data": [
        "keras_gen.data.examples.DomainExamples",
        "keras_gen.data.streams.Stream",
        "keras_gen.data.streams.OneSize",
        "serving.common.interpolation.Interpolation",
        "serving.common.levels.Levels",
    ],
    "export": ["export.foreign.said.Said", "export.foreign.pictures.Meaning"],
    "layers": ["keras_gen.layers.training_noise.TrainingNoise"],
    "metrics": ["keras_gen.metrics.figure.Figure"],
    "inversion": ["keras_gen.inversion.decoder.BundleCoder"],
    "serving": [
        "serving.runtime.providers.Execution",
        *(f"serving.bundle.manifest.{name}" for name in MANIFEST),
    ],
    "training": [
        "keras_gen.training.fitted_prior.FittedPrior",
        "keras_gen.training.position.Position",
        *(f"keras_gen.training.run_directory.{name}" for name in ("RunDirectory", "KnownData")),
        "keras_gen.training.trackers.tracker.Tracker",
        *(f"keras_gen.training.trackers.tracker.{name}" for name in ("Epoch", "TrackedRun")),
    ],
}


def pages() -> dict[str, str]:
    """The pages by their names."""
    return {
        "losses": _losses(),
        "layers": _layers(),
        "networks": _networks(),
        "training": _training(),
        "metrics": _metrics(),
        "data_sources": _data(),
        "inversion": _simple("inversion", "Latents of given pictures", keras_gen.inversion),
        "export": _simple("export", "Export from a program", export),
        "serving": _simple("serving", "Bundles in a program", serving),
        "choices": _choices(),
    }


def example(name: str) -> str:
    """The program of a page, which a test runs."""
    return f"```python\n{(EXAMPLES / f'{name}.py').read_text().strip()}\n```\n"


def families() -> dict[str, ModuleType]:
    """The families of networks by their names."""
    modules = {module.__name__.rpartition(".")[2]: module for module in modules_of(keras_gen.networks)}
    return {name: module for name, module in modules.items() if roles(module)}


def roles(module: ModuleType) -> dict[str, Any]:
    """The functions of a family, which are named after the roles that its networks play."""
    stated = {
        line.strip().partition("(")[0] for line in (keras_gen.networks.__doc__ or "").splitlines() if "->" in line
    }
    return {name: value for name, value in vars(module).items() if name in stated}


def _named(page: str) -> list[tuple[str, Any]]:
    found = []
    for name in NAMED.get(page, ()):
        module, _, attribute = name.rpartition(".")
        found.append((name, getattr(importlib.import_module(module), attribute)))
    return found


def _simple(name: str, title: str, module: ModuleType) -> str:
    heading = f"# {title}: `{module.__name__}`\n"
    parts = [heading, first_line(module) + "\n", example(name), shown(public(module))]
    if named := _named(name):
        parts += ["## Types that these name\n", shown(named)]
    return "\n".join(parts)


def _losses() -> str:
    return joined(
        "# Losses and penalties: `keras_gen.losses`\n",
        said(keras_gen.losses),
        example("losses"),
        "## Pairs of adversarial losses\n",
        "`--model.loss` takes these names.\n",
        _pairs(),
        "## Penalties\n",
        "`--model.penalties` takes these names, each with its weight.\n",
        table(PENALTIES, "penalty"),
        "`--model.generator-penalties` takes these names, each with its weight.\n",
        table(GENERATOR_PENALTIES, "penalty of the generator"),
        "## Functions\n",
        shown(public(keras_gen.losses)),
    )


def _pairs() -> str:
    rows = [
        f"| `{name}` | {first_line(pair.generator_loss)} | {first_line(pair.discriminator_loss)} |"
        for name, pair in PAIRS.items()
    ]
    return "\n".join(["| loss | of the generator | of the discriminator |", "|---|---|---|", *rows, ""])


def _layers() -> str:
    return joined(
        "# Layers: `keras_gen.layers`\n",
        said(keras_gen.layers),
        example("layers"),
        "## Augmentations of what a discriminator sees\n",
        table(AUGMENTATIONS, "augmentation"),
        "## Corruptions of a denoising autoencoder\n",
        table(CORRUPTIONS, "corruption"),
        "## Likelihoods of a pixel\n",
        table(LIKELIHOODS, "likelihood"),
        "## Classes\n",
        shown(public(keras_gen.layers)),
        "## Types that these name\n",
        shown(_named("layers")),
    )


def _networks() -> str:
    parts = ["# Networks: `keras_gen.networks`\n", said(keras_gen.networks), example("networks")]
    found = families()
    every = dict.fromkeys(role for module in found.values() for role in roles(module))
    parts += ["| role | families |", "|---|---|"]
    for role in every:
        names = ", ".join(f"[{name}](#{name})" for name, module in found.items() if role in roles(module))
        parts.append(f"| `{role}` | {names} |")
    parts.append("")
    for name, module in found.items():
        functions = [(f"{module.__name__}.{role}", function) for role, function in roles(module).items()]
        parts += [f"## {name}\n", said(module), shown(functions)]
    functions = [each for each in public(keras_gen.networks) if each[1] is not keras_gen.networks.NETWORKS]
    return "\n".join([*parts, "## From names to networks\n", shown(functions)])


def _training() -> str:
    own = [(f"keras_gen.{name}", getattr(keras_gen, name)) for name in keras_gen._PARTS_OF_MODELS]
    classes = [(name, value) for name, value in own if isinstance(value, type)]
    return joined(
        "# Training: parts of models, optimizers, callbacks\n",
        example("training"),
        "## What a model is made of\n",
        shown(classes),
        "## Optimizers\n",
        table(OPTIMIZERS, "optimizer"),
        "## Schedules of the learning rate\n",
        table(SCHEDULES, "schedule"),
        "## Callbacks\n",
        said(keras_gen.training.callbacks),
        shown(public(keras_gen.training.callbacks)),
        "## Experiment trackers\n",
        said(keras_gen.training.trackers),
        table(TRACKERS, "tracker"),
        shown(public(keras_gen.training.trackers)),
        "## Types that these name\n",
        shown(_named("training")),
    )


def _metrics() -> str:
    return joined(
        "# Metrics: `keras_gen.metrics`\n",
        said(keras_gen.metrics),
        example("metrics"),
        "## Of samples\n",
        "`keras-gen evaluate --metrics` takes these names.\n",
        table(sample_figures.METRICS, "metric"),
        "## Of codes\n",
        table(evaluation.CODE_METRICS, "metric"),
        "## Of translations\n",
        table(translation.METRICS, "metric"),
        "## Functions\n",
        shown(public(keras_gen.metrics)),
        "## Types that these name\n",
        shown(_named("metrics")),
    )


def _data() -> str:
    sources, domains = forms(SOURCES, OWN_SOURCE), forms(DOMAINS, OWN_DOMAINS)
    of_one, of_two = ([_form(form) for form in each] for each in (sources, domains))
    head = ["| form | what it holds |", "|---|---|"]
    return joined(
        "# Sources of images: `keras_gen.data`\n",
        "`--data` takes these forms; [data](../data.md) explains them.\n",
        "```sh\nkeras-gen data digits --out digits.png\n```\n",
        example("data_sources"),
        "## Of one domain\n",
        *head,
        *of_one,
        "",
        "## Of two domains\n",
        *head,
        *of_two,
        "",
        "## Functions and classes\n",
        shown(public(keras_gen.data)),
        "## Types that these name\n",
        shown(_named("data")),
    )


def _form(form: Form) -> str:
    return f"| {', '.join(f'`{text}`' for text in form.texts)} | {form.what} |"


def _choices() -> str:
    from keras_gen.registry import Choice, Registry, choices_of, import_own

    registry = importlib.import_module("keras_gen.registry")
    objects = [(f"keras_gen.registry.{each.__name__}", each) for each in (Registry, Choice, choices_of, import_own)]
    return joined(
        "# Your own, by name: `keras_gen.registry`\n",
        said(registry),
        example("choices"),
        shown(objects),
    )
