"""`keras-gen ready`, and `--out sheet.png` for a picture of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from keras_gen.cli.bundle_options import check_file
from keras_gen.cli.parser import Parser
from serving.bundle.figures import read_figures
from serving.bundle.manifest import Manifest
from serving.bundle.prefixes import READY
from serving.bundle.ready import ready_catalogue, ready_folder, ready_names
from serving.common.errors import InputError
from serving.common.files import whole_file
from serving.common.images import read_image
from serving.translation import is_translator, targets

SAMPLES = "samples.png"
SIDE, LINE, GAP, COLUMNS = 400, 20, 12, 4


def run(words: Sequence[str]) -> int:
    """Prints a paragraph for each ready bundle, and writes the sheet if it is asked for."""
    parser = Parser("keras-gen ready", description="List the bundles that come with the package.")
    parser.add_argument(
        "--out", type=str | None, default=None, help=".png file to write: a sheet with a picture of each bundle."
    )
    options = parser.parse_args(words)
    if options.out is not None:
        check_file("--out", options.out, ".png")
    names, catalogue = ready_names(), ready_catalogue()
    if not names:
        raise InputError(f"ready bundles must be in {ready_folder()}. Received: a folder without any.")
    for name in names:
        print("\n".join(_paragraph(name, catalogue.get(name, {}))))
    if options.out is not None:
        with whole_file(Path(options.out)) as temporary:
            _sheet(names, catalogue).save(temporary, format="PNG")
        print(f"sheet: {options.out}")
    return 0


def _paragraph(name: str, entry: dict[str, Any]) -> Iterator[str]:
    folder = ready_folder() / name
    manifest = Manifest.read(folder)
    size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    yield f"{READY}{name:<10} {size / 2**20:.2f} MiB  {entry.get('title', manifest.model)}"
    yield f"  {manifest.model} of {_shape(manifest)}: {', '.join(_abilities(manifest))}"
    figures = [
        f"{figure['name'].replace('_', ' ')} {figure['value']:.3g}{f' {unit}' if (unit := figure.get('unit')) else ''}"
        for figure in read_figures(folder)
        if figure["name"] in entry.get("figures", ())
    ]
    if figures:
        yield f"  {', '.join(figures)}"
    yield f"  {_command(name, manifest)}"


def _shape(manifest: Manifest) -> str:
    image = manifest.image
    return "points" if image.is_point else f"{image.width}x{image.height}x{image.channels}"


def _abilities(manifest: Manifest) -> list[str]:
    """What a bundle can do, in the words of the commands."""
    networks = manifest.networks
    if is_translator(manifest):
        return [f"translate to {to}" for to in targets(manifest)]
    verbs = {"noise": "sample", "encoder": "encode", "classifier": "classify"}
    abilities = [verb for network, verb in verbs.items() if network in networks]
    if "encoder" in networks and "decoder" in networks:
        abilities.append("reconstruct")
    if manifest.classes and "label" in {name for network in networks.values() for name in network.inputs}:
        abilities.append(f"{len(manifest.classes)} classes")
    beside = {"codes": manifest.codes, "film": manifest.film}
    return [*abilities, *(name for name, there in beside.items() if there)]


def _command(name: str, manifest: Manifest) -> str:
    """One to begin with."""
    if is_translator(manifest):
        return f"keras-gen translate {READY}{name} PICTURE --to {targets(manifest)[-1]} --out {name}.png"
    if manifest.film:
        return f"keras-gen page {READY}{name} --open"
    if manifest.latent and manifest.latent.size == 2:
        return f"keras-gen manifold {READY}{name} --out {name}.png"
    return f"keras-gen sample {READY}{name} -n 64 --out {name}.png"


def _sheet(names: Sequence[str], catalogue: dict[str, dict[str, Any]]) -> Image.Image:
    """The stored samples of each, with its name above."""
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    width, height = SIDE + GAP, SIDE + LINE + GAP
    sheet = Image.new("RGB", (columns * width + GAP, rows * height + GAP), "white")
    draw = ImageDraw.Draw(sheet)
    for index, name in enumerate(names):
        left, top = GAP + index % columns * width, GAP + index // columns * height
        draw.text((left, top), f"{READY}{name}", fill="black")
        sheet.paste(_thumbnail(ready_folder() / name / SAMPLES), (left, top + LINE))
    return sheet


def _thumbnail(file: Path) -> Image.Image:
    """A picture that fits into a place of the sheet."""
    whole = Image.fromarray(read_image(file, channels=3))
    whole.thumbnail((SIDE, SIDE))
    return whole
