"""The YAML at the beginning of a bundle's card, `README.md`, by which model hubs file it.

Source: "Model Cards" of the Hugging Face Hub's documentation, and `modelcard.md` of its `hub-docs`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from serving.bundle.figures import read_figures
from serving.bundle.licenses import license_entries
from serving.bundle.manifest import Manifest
from serving.bundle.names import CLASSIFIER, ENCODER, LABEL, NOISE, TRANSLATION
from serving.common.files import whole_file

CARD = "README.md"
FENCE = "---\n"
HEADER = re.compile(r"\A---\n.*?^---\n", re.DOTALL | re.MULTILINE)
# A set of TensorFlow Datasets, also within another source, as in `stacked:tfds:mnist`.
TFDS = re.compile(r"(?:.*:)?tfds:([\w-]+).*", re.DOTALL)
# What a figure was measured on, as in `idx:/data/mnist (test)`.
OF_SPLIT = re.compile(r"(.*) \((\w+)\)", re.DOTALL)
FOLDERS = re.compile(r"[/\\]")


def with_header(text: str, manifest: Manifest, folder: Path) -> str:
    """The text of a card with its header, in place of the one that it may have.

    Args:
        text: of the card.
        manifest: of the bundle.
        folder: of the bundle, where its `evaluation.json` is.

    Raises:
        InputError: `evaluation.json` is not what `keras-gen evaluate` writes.
    """
    import yaml

    written = yaml.safe_dump(header(manifest, read_figures(folder)), sort_keys=False, allow_unicode=True, width=10_000)
    return f"{FENCE}{written}{FENCE}{HEADER.sub('', text, count=1)}"


def renew_header(folder: Path, manifest: Manifest) -> None:
    """Brings the header of a bundle's card up to date, where it has a card."""
    card = folder / CARD
    if card.is_file():
        text = with_header(card.read_text(encoding="utf-8"), manifest, folder)
        with whole_file(card) as temporary:
            temporary.write_text(text, encoding="utf-8")


def header(manifest: Manifest, figures: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    """What the header says.

    Args:
        manifest: of the bundle.
        figures: as `read_figures` gives them.
    """
    task = pipeline_tag(manifest)
    known = TFDS.fullmatch(data_of(manifest) or "")
    results = list(_results(task, figures))
    return {
        **license_entries(manifest.license),
        "library_name": "keras-gen",
        "pipeline_tag": task,
        "tags": _tags(manifest),
        **({"datasets": [known[1]]} if known else {}),
        **({"model-index": [{"name": manifest.model, "results": results}]} if results else {}),
    }


def pipeline_tag(manifest: Manifest) -> str:
    """The task, as model hubs call it, that a bundle is for."""
    networks = manifest.networks
    if any(TRANSLATION in network.outputs for network in networks.values()):
        return "image-to-image"
    if CLASSIFIER in networks:
        return "image-classification"
    draws = NOISE in networks or ENCODER not in networks
    return "unconditional-image-generation" if draws else "image-feature-extraction"


def data_of(manifest: Manifest) -> str | None:
    """What the model was trained on, as `--data` names it; None where that is not known."""
    config = manifest.training.get("config")
    data = config.get("data") if isinstance(config, dict) else None
    return data if isinstance(data, str) else None


def without_folders(text: str) -> str:
    """A data set or a file without where it is on somebody's machine: `idx:mnist` of `idx:/home/me/mnist`."""
    kind, colon, place = text.rpartition(":")
    return kind + colon + FOLDERS.split(place.rstrip("/\\"))[-1]


def _tags(manifest: Manifest) -> list[str]:
    tags = ["keras", "onnx", manifest.model.replace("_", "-")]
    of_class = any(LABEL in network.inputs for network in manifest.networks.values())
    return [*tags, "class-conditional"] if of_class else tags


def _results(task: str, figures: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The finite figures, those of the same data together."""
    by_data: dict[str, list[dict[str, Any]]] = {}
    for figure in figures:
        if math.isfinite(figure["value"]):
            by_data.setdefault(figure["data"], []).append(_metric(figure))
    for data, metrics in by_data.items():
        split = OF_SPLIT.fullmatch(data)
        name = without_folders(split[1] if split else data)
        kind = TFDS.fullmatch(name)
        of_hub = kind[1] if kind else re.sub(r"[^\w.-]+", "-", name.rpartition(":")[2])
        dataset = {"name": name, "type": of_hub, **({"split": split[2]} if split else {})}
        yield {"task": {"type": task}, "dataset": dataset, "metrics": metrics}


def _metric(figure: dict[str, Any]) -> dict[str, Any]:
    unit = f" ({figure['unit']})" if figure.get("unit") else ""
    settings = {key: _shown(value) for key, value in (figure.get("settings") or {}).items()}
    name = f"{figure['name'].replace('_', ' ')}{unit}"
    return {"type": figure["name"], "value": figure["value"], "name": name, **({"args": settings} if settings else {})}


def _shown(value: Any) -> Any:
    return without_folders(value) if isinstance(value, str) and FOLDERS.search(value) else value
