"""`keras-gen demo`: the whole path on handwritten digits, measured; and two films of points that are learnt."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import
from serving.common.errors import InputError


class Demonstrated(NamedTuple):
    """A model of the demonstration.

    Attributes:
        recipe: that it is trained by.
        title: what the output calls it.
        codes: data set whose codes its bundle brings.
        examples: data set whose pictures its bundle brings to be translated.
    """

    recipe: str
    title: str
    codes: str | None = None
    examples: str | None = None


MODELS = {
    "digits": Demonstrated("conditional_gan_mnist5k", "GAN of digits by class"),
    "plane": Demonstrated("vae_mnist5k", "VAE with a plane of digits", "mnist5k"),
    "textures": Demonstrated(
        "cyclegan_mnist5k", "translator of digits to colours and back", examples="textured:mnist5k"
    ),
    # Of what the page shows how it was learnt.
    "ring_minimax": Demonstrated("gan_ring_minimax", "GAN of a ring of points that collapses"),
    "ring_r1": Demonstrated("gan_ring_r1", "GAN of the same ring with a penalty"),
}


def run(words: Sequence[str]) -> int:
    """Runs the demonstration."""
    parser = Parser(
        "keras-gen demo",
        description="Train, export and sample a GAN, a VAE and a translator of handwritten digits, and two GANs of "
        "points.",
    )
    parser.add_argument("--out", type=str, default="demo", help="folder to write runs, bundles and pictures to.")
    parser.add_argument(
        "--epochs",
        type=int | None,
        default=None,
        help="passes over the data for each model; those of the recipes by default.",
    )
    options = parser.parse_args(words)
    quiet_import()
    demo(Path(options.out), options.epochs)
    return 0


def demo(out: Path, epochs: int | None) -> None:
    """Trains all recipes into `out`, exports and samples them, and prints what came out.

    Args:
        out: folder for `runs/`, `bundles/`, the pictures and `site/`.
        epochs: epochs per model; None for the recipes' own.
    """
    from keras_gen.cli.demo_pictures import draw

    began = time.perf_counter()
    lines = [_made(name, out, epochs) for name in MODELS]
    print("\nlooking at what they learnt", flush=True)
    lines += draw(out, {name: out / "bundles" / name for name in MODELS}, epochs)
    page = _page(out)
    print("\n" + "\n".join(lines))
    print(f"everything in {time.perf_counter() - began:.0f} s; {out / 'overview.png'} shows it in one picture")
    print(page)


def _made(name: str, out: Path, epochs: int | None) -> str:
    """Trains and exports a model, and returns how long that took."""
    from export import export_bundle
    from keras_gen.cli.train import parse_and_train

    recipe, title, codes, examples = MODELS[name]
    number = 2 * list(MODELS).index(name) + 1
    print(f"\n[{number}/{2 * len(MODELS)}] training the {title}", flush=True)
    started = time.perf_counter()
    words = ["--recipe", recipe, "--out", str(out / "runs" / name)]
    directory = parse_and_train([*words, "--epochs", str(epochs)] if epochs else words)
    trained = time.perf_counter()
    print(f"\n[{number + 1}/{2 * len(MODELS)}] exporting the {title}", flush=True)
    export_bundle(directory, out / "bundles" / name, codes=codes, examples=examples)
    return f"{title}: trained in {trained - started:.0f} s, exported in {time.perf_counter() - trained:.0f} s"


def _page(out: Path) -> str:
    """Writes the page of all bundles where it can be built, and returns how to open it, or why there is none."""
    from serving.page import write_site

    bundles, site = [str(out / "bundles" / name) for name in MODELS], out / "site"
    try:
        write_site(bundles, site)
    except InputError as error:
        return f"no page of the bundles: {error}"
    command = shlex.join([sys.argv[0], "page", *bundles, "--out", str(site), "--open"])
    return f"{site}: a page to play with all of them in the browser. To open it: {command}"
