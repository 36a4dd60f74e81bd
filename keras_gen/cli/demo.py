"""`keras-gen demo`: the whole path on handwritten digits, measured; and two films of points that are learnt."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import
from serving import Sampler
from serving.common.errors import InputError
from serving.common.images import grid, write_png
from serving.latents.latent_space import manifold

SAMPLES = 64
SEED = 0
MANIFOLD_SIDE = 20
RECONSTRUCTIONS = 32


class Demonstrated(NamedTuple):
    """A model of the demonstration.

    Attributes:
        recipe: that it is trained by.
        title: what the output calls it.
        codes: data set whose codes its bundle brings.
    """

    recipe: str
    title: str
    codes: str | None = None


DIGITS = {"vae": Demonstrated("vae_digits", "VAE", "digits"), "gan": Demonstrated("gan_digits", "GAN")}
# Of what the page shows how it was learnt.
RINGS = {
    "ring_minimax": Demonstrated("gan_ring_minimax", "GAN of a ring of points that collapses"),
    "ring_r1": Demonstrated("gan_ring_r1", "GAN of the same ring with a penalty"),
}
MODELS = {**DIGITS, **RINGS}


class Reader(NamedTuple):
    """A classifier fitted on real scans.

    Attributes:
        classifier: scikit-learn's support vector machine over 8x8 pixels.
        accuracy: on the 297 scans that it was not fitted on.
    """

    classifier: object
    accuracy: float

    def read(self, pictures: np.ndarray) -> np.ndarray:
        """The digit seen in each picture, (n,)."""
        return self.classifier.predict(_pixels(pictures))  # type: ignore[attr-defined]


def run(words: Sequence[str]) -> int:
    """Runs the demonstration."""
    parser = Parser(
        "keras-gen demo",
        description="Train, export and sample a VAE and a GAN on handwritten digits, and two GANs on points.",
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
        out: folder for `runs/`, `bundles/` and the pictures.
        epochs: epochs per model; None for the recipes' own.
    """
    from export import export_bundle
    from keras_gen.cli.train import parse_and_train

    began = time.perf_counter()
    lines = []
    samplers = {}
    for index, (name, (recipe, title, codes)) in enumerate(MODELS.items()):
        print(f"\n[{2 * index + 1}/{2 * len(MODELS)}] training the {title}", flush=True)
        started = time.perf_counter()
        words = ["--recipe", recipe, "--out", str(out / "runs" / name)]
        directory = parse_and_train([*words, "--epochs", str(epochs)] if epochs else words)
        trained = time.perf_counter()
        print(f"\n[{2 * index + 2}/{2 * len(MODELS)}] exporting the {title}", flush=True)
        bundle = export_bundle(directory, out / "bundles" / name, codes=codes)
        lines.append(
            f"{title}: trained in {trained - started:.0f} s, exported in {time.perf_counter() - trained:.0f} s"
        )
        samplers[name] = Sampler(bundle)
    lines += _draw(out, {name: samplers[name] for name in DIGITS})
    print("\n" + "\n".join(lines))
    print(f"everything in {time.perf_counter() - began:.0f} s")
    print(_page(out))


def _draw(out: Path, samplers: dict[str, Sampler]) -> list[str]:
    """Writes the pictures and returns what was measured on them, a line each."""
    from keras_gen.data import open_source

    reader = _fit_reader()
    lines = [f"a support vector machine reads {reader.accuracy:.1%} of 297 held-out real scans correctly"]
    for name, sampler in samplers.items():
        started = time.perf_counter()
        pictures = sampler.sample(SAMPLES, seed=SEED)
        milliseconds = 1e3 * (time.perf_counter() - started)
        target = out / f"{name}_samples.png"
        write_png(target, grid(pictures))
        counts = np.bincount(reader.read(pictures), minlength=10)
        lines.append(
            f"{target}: {SAMPLES} pictures in {milliseconds:.0f} ms through ONNX Runtime, "
            f"{np.count_nonzero(counts)} of 10 digits read, 0 to 9: {' '.join(map(str, counts))}"
        )
        parity = sampler.manifest.parity["decoder"]
        lines.append(
            f"  largest difference from Keras: {parity['image_unrounded']:.1g} in [-1, 1], "
            f"{parity['image']:g} grey levels"
        )
    vae = samplers["vae"]
    write_png(
        out / "vae_manifold.png", grid(vae.decode(manifold(vae.latent.size, MANIFOLD_SIDE)), MANIFOLD_SIDE, zoom=2)
    )
    scans = open_source("digits", vae.manifest.image.height, split="test").examples.images[:RECONSTRUCTIONS]
    pairs = np.stack([scans, vae.reconstruct(scans)], axis=1).reshape(-1, *scans.shape[1:])
    write_png(out / "vae_reconstructions.png", grid(pairs, columns=16))
    lines.append(f"{out / 'vae_manifold.png'}: the latent plane, {MANIFOLD_SIDE}x{MANIFOLD_SIDE}")
    lines.append(f"{out / 'vae_reconstructions.png'}: {RECONSTRUCTIONS} held-out scans, each beside its reconstruction")
    return lines


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


def _fit_reader() -> Reader:
    from sklearn.svm import SVC

    from keras_gen.data import open_source

    train, test = (open_source("digits", split=split).examples for split in ("train", "test"))
    classifier = SVC(gamma=0.1, C=10).fit(_pixels(train.images), train.labels)
    return Reader(classifier, float(classifier.score(_pixels(test.images), test.labels)))


def _pixels(pictures: np.ndarray) -> np.ndarray:
    """Pictures as 64 numbers in [0, 1]: the means of 8x8 squares of equal size."""
    n, height, width, _ = pictures.shape
    squares = pictures[..., 0].reshape(n, 8, height // 8, 8, width // 8)
    return squares.mean(axis=(2, 4)).reshape(n, 64) / 255.0
