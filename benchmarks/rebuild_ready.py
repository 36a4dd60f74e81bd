"""Builds the ready bundles of `serving/ready` from their recipes, and compares them with the stored ones.

    python benchmarks/rebuild_ready.py --data DATA --work WORK
    python benchmarks/rebuild_ready.py --data DATA --work WORK digits plane --store

DATA has the folders `mnist` and `fashion_mnist` with the original files. The recipe of each bundle, and what else it is
made with, stand in `serving/ready/catalogue.json`. What is in WORK already, whole, is not made again, and a training
that was interrupted goes on. A bundle is equal if the operators and numbers of all its networks are, bit for bit, and
its codes and its film: with the versions that the manifest states, on one thread. Names of nodes, which count what else
the process made, may differ. Otherwise its figures are measured and must be within TOLERANCE of the stored ones.
`--store` puts the bundles in the place of the stored ones.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import onnx
from onnx import numpy_helper

import serving
from keras_gen.cli import main as command
from serving.bundle.card_header import CARD, renew_header
from serving.bundle.figures import EVALUATION, read_figures
from serving.bundle.manifest import FILE_NAME
from serving.bundle.ready import ready_catalogue, ready_folder
from serving.common.images import grid, to_uint8, write_png
from serving.translation import direction_to, is_translator

LICENSE = "apache-2.0"
# Of a figure, either way: what another seed of the same recipe may change.
TOLERANCE = 0.25
LEAST_PSNR = 40
PICTURES, DRAWN, POINTS = 8, 2500, "points:"
# Of the numbers in a film, for readers that look at them where they are.
ALIGNED = 8
# Set before TensorFlow is loaded: sums of several threads come in no order of their own.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}


def main(words: Sequence[str] | None = None) -> int:
    """Prints a line for each bundle; 1 where one differs."""
    catalogue = ready_catalogue()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*catalogue, []], help="bundles; all by default")
    parser.add_argument("--data", type=Path, help="folder of mnist and fashion_mnist")
    parser.add_argument("--work", type=Path, required=True, help="folder for runs and bundles")
    parser.add_argument("--store", action="store_true", help="replace the stored bundles")
    options = parser.parse_args(words)
    options.work.mkdir(parents=True, exist_ok=True)
    if options.data is not None and not (options.work / "data").exists():
        (options.work / "data").symlink_to(options.data.absolute(), target_is_directory=True)
    differ = False
    for name in options.names or catalogue:
        started = time.monotonic()
        made = rebuild(name, catalogue[name], options.work)
        said = compared(name, catalogue[name], made, options.work)
        differ |= said.startswith("different")
        print(f"{name}: {said}; {(time.monotonic() - started) / 60:.1f} minutes", flush=True)
        if options.store:
            measure(catalogue[name], made, options.work)
            store(name, made)
    return int(differ)


def rebuild(name: str, entry: dict[str, Any], work: Path) -> Path:
    """Trains and exports one bundle in `work`; the bundle."""
    run, bundle, made = f"runs/{name}", f"bundles/{name}.part", work / "bundles" / name
    if made.is_dir():
        return made
    data = entry["data"]
    run_in(work, "train", "--recipe", entry["recipe"], "--data", data, "--out", run)
    words = ["export", run, "--out", bundle, "--license", LICENSE]
    if not data.startswith(POINTS):
        words += ["--quantize", "fp16-weights", "--least-psnr", str(LEAST_PSNR), "--calibrate", data]
    if "codes" in entry:
        words += ["--codes", codes_of(data, entry["codes"], work)]
    if entry.get("examples"):
        words += ["--examples", data]
    run_in(work, *words)
    part = work / bundle
    shutil.rmtree(part / "saved_model")
    draw_translations(part, data, work)
    make_small(part)
    add_to_card(part, entry)
    return part.rename(made)


def run_in(work: Path, *words: str) -> None:
    """Runs a command in `work`, so that no path of this machine gets into a bundle."""
    with contextlib.chdir(work), contextlib.redirect_stdout(sys.stderr):
        if code := command(words):
            raise SystemExit(code)


def codes_of(data: str, count: int, work: Path) -> str:
    """The first test images as a data set of their own, with their labels."""
    examples = in_work(data, work, "test").examples
    np.savez(work / "test_images.npz", images=to_uint8(examples.images[:count]), labels=examples.labels[:count])
    return "npz:test_images.npz"


def in_work(data: str, work: Path, split: str) -> Any:
    """A data set whose folders are those of `work`."""
    from keras_gen.data import open_source

    return open_source(data.replace("data/", f"{work.absolute()}/data/"), (28, 28), 1, split)


def draw_translations(bundle: Path, data: str, work: Path) -> None:
    """`samples.png` of a translator: test pictures, and below each its translation, to one domain and to the other."""
    manifest = serving.Manifest.read(bundle)
    if not is_translator(manifest):
        return
    from keras_gen.data import open_domains

    image = manifest.image
    place = data.replace("data/", f"{work.absolute()}/data/")
    domains = open_domains(place, (image.height, image.width), image.channels, "test")
    translator = serving.Translator(bundle, provider="cpu")
    rows = []
    for to in translator.targets:
        source = domains.a if direction_to(to) == "a_to_b" else domains.b
        pictures = to_uint8(source.examples.images[:PICTURES])
        made = translator.translate(pictures, to)
        for start in range(0, PICTURES, 8):
            rows += [pictures[start : start + 8], made[start : start + 8]]
    write_png(bundle / "samples.png", grid(np.concatenate(rows), 8))


def make_small(bundle: Path) -> None:
    """Leaves out networks for tiles, since pictures of digits are no larger than one, and every second frame of a film;
    the card is written again."""
    from export.card import write_card

    manifest = json.loads((bundle / FILE_NAME).read_text(encoding="utf-8"))
    for name in [name for name in manifest["networks"] if name.endswith("_tile")]:
        for entries in (manifest["networks"], manifest["parity"], manifest["quantization"]):
            entries.pop(name)
        (bundle / f"{name}.onnx").unlink()
    if manifest["film"]:
        manifest["film"] = thinned(bundle, manifest["film"]["file"], manifest["film"]["frames"]["file"])
    (bundle / FILE_NAME).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    write_card(bundle, serving.Manifest.read(bundle))


def thinned(bundle: Path, file: str, frames: str) -> dict[str, Any]:
    """Writes a film again with every second frame; its entry of the manifest."""
    from export.beside import described

    film, content = json.loads((bundle / file).read_text(encoding="utf-8")), (bundle / frames).read_bytes()
    film["frames"] = film["frames"][::2]
    kept = bytearray()
    for places in (*(frame["at"] for frame in film["frames"]), film.get("still", {})):
        for name, (start, size) in places.items():
            places[name] = [len(kept), size]
            kept += content[start : start + size] + bytes(-size % ALIGNED)
    (bundle / frames).write_bytes(kept)
    (bundle / file).write_text(json.dumps(film, allow_nan=False), encoding="utf-8")
    document, bytes_of_frames = (
        dict(zip(("file", "sha256", "size"), described(bundle, name), strict=True)) for name in (file, frames)
    )
    return {**document, "frames": bytes_of_frames}


def add_to_card(bundle: Path, entry: dict[str, Any]) -> None:
    """What a ready bundle is, below what export wrote."""
    seed = serving.Manifest.read(bundle).training["config"]["seed"]
    lines = [
        "",
        "## A ready bundle",
        "",
        f"It shows {entry['title']}. Trained with `keras-gen train --recipe {entry['recipe']}`, seed {seed}, and "
        "written by `benchmarks/rebuild_ready.py` of keras-gen.",
        "",
        f"Licence of the data: {entry['data_license']}.",
        "",
    ]
    with (bundle / CARD).open("a", encoding="utf-8") as card:
        card.write("\n".join(lines))


def measure(entry: dict[str, Any], bundle: Path, work: Path) -> list[dict[str, Any]]:
    """The figures of a bundle, measured once."""
    if not (bundle / EVALUATION).is_file():
        if "evaluate" in entry:
            run_in(work, "evaluate", str(bundle.relative_to(work)), "--data", entry["data"], *entry["evaluate"])
        else:
            write_modes(bundle, entry["data"])
        renew_header(bundle, serving.Manifest.read(bundle))
    return read_figures(bundle)


def write_modes(bundle: Path, data: str) -> None:
    """How many of a mixture's modes the points of seed 0 reach, and which share of them is near one."""
    from keras_gen.data.mixtures import MIXTURES
    from keras_gen.metrics import near_centres

    mixture = MIXTURES[data.removeprefix(POINTS)]()
    points = serving.Sampler(bundle, provider="cpu").sample(DRAWN, seed=0)
    near, found = near_centres(points.reshape(-1, 2), mixture.centres, mixture.deviation)
    settings = {"deviations": 3, "of": len(mixture.centres), "seed": 0}
    figures = [
        {"name": name, "value": float(value), "unit": "", "data": data, "count": DRAWN, "settings": settings}
        for name, value in (("modes", found), ("high_quality", near.mean()))
    ]
    (bundle / EVALUATION).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def compared(name: str, entry: dict[str, Any], made: Path, work: Path) -> str:
    """How a bundle differs from the stored one."""
    stored = ready_folder() / name
    if not (stored / FILE_NAME).is_file():
        return "new"
    known_contents, contents = contents_of(stored), contents_of(made)
    if contents == known_contents:
        return f"equal bit for bit, {', '.join(contents)}"
    known = {figure["name"]: figure["value"] for figure in read_figures(stored)}
    found = {figure["name"]: figure["value"] for figure in measure(entry, made, work)}
    shown = ", ".join(f"{each} {found[each]:.4g} (stored {known[each]:.4g})" for each in entry["figures"])
    near = all(abs(found[each] - known[each]) <= TOLERANCE * abs(known[each]) for each in entry["figures"])
    return f"{'similar' if near else 'different'}, {shown}"


def contents_of(bundle: Path) -> dict[str, Any]:
    """What is compared: operators and numbers of each network, and the hashes of codes, film and examples."""
    manifest = serving.Manifest.read(bundle)
    contents: dict[str, Any] = {name: network_of(bundle / each.file) for name, each in manifest.networks.items()}
    if manifest.codes:
        contents["codes"] = manifest.codes.sha256
    if manifest.film:
        contents["film"] = manifest.film.frames.sha256
    contents |= {f"examples of {domain}": shown.sha256 for domain, shown in manifest.examples.items()}
    return contents


def network_of(file: Path) -> tuple[list[str], list[bytes]]:
    """Operators and numbers of a network, without the names of either."""
    graph = onnx.load(file).graph
    numbers = sorted(numpy_helper.to_array(tensor).tobytes() for tensor in graph.initializer)
    return [node.op_type for node in graph.node], numbers


def store(name: str, made: Path) -> None:
    """Puts a bundle into the package."""
    target = ready_folder() / name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(made, target)
    size = sum(file.stat().st_size for file in target.iterdir())
    print(f"stored: {target}, {json.dumps(size)} bytes", flush=True)


if __name__ == "__main__":
    os.environ.update(ONE_THREAD)
    raise SystemExit(main())
