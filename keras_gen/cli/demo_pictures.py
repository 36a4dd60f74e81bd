"""The pictures of `keras-gen demo`, and what was measured on them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from keras_gen.cli.demo_reader import DIGITS, Reader, fit_reader
from keras_gen.data import open_source
from keras_gen.data.mixtures import ring
from keras_gen.metrics.classifier import labels_of
from keras_gen.metrics.modes import near_centres
from serving import Sampler, Translator
from serving.common.images import grid, write_png
from serving.common.points import scatter
from serving.latents.latent_space import manifold

SEED = 0
EACH = 10
MEASURED = 1000
MANIFOLD_SIDE = 20
RECONSTRUCTIONS = 32
TRANSLATIONS = 20
POINTS = 1000
GAP = 8


def draw(out: Path, bundles: Mapping[str, Path], epochs: int | None) -> list[str]:
    """Writes the pictures of the bundles and returns what was measured on them, a line each.

    Args:
        out: folder to write to.
        bundles: `digits`, `plane`, `textures`, `ring_minimax` and `ring_r1`.
        epochs: for the classifier, at most; None for its own.
    """
    reader = fit_reader(epochs)
    of_dark, of_coloured = reader.accuracies
    lines = [
        f"a classifier reads {of_dark:.1%} of {len(reader.held_out.a)} held-out real digits correctly, "
        f"and {of_coloured:.1%} of {len(reader.held_out.b)} in colour on a texture"
    ]
    pictures = {}
    for name, drawn in {
        "digits_by_class": _digits(Sampler(bundles["digits"]), reader),
        "vae_manifold": _manifold(Sampler(bundles["plane"]), reader),
        "vae_reconstructions": _reconstructions(Sampler(bundles["plane"])),
        "translated": _translations(Translator(bundles["textures"]), reader),
        "rings": _rings(Sampler(bundles["ring_minimax"]), Sampler(bundles["ring_r1"])),
    }.items():
        pictures[name], line = drawn
        target = out / f"{name}.png"
        write_png(target, pictures[name])
        lines.append(f"{target}: {line}")
    write_png(out / "overview.png", _overview(pictures))
    return lines


def _digits(sampler: Sampler, reader: Reader) -> tuple[np.ndarray, str]:
    """A column for each digit."""
    classes = len(sampler.manifest.classes)
    sampler.warm_up()
    started = time.perf_counter()
    pictures = sampler.sample(MEASURED, seed=SEED)
    milliseconds = 1e3 * (time.perf_counter() - started)
    asked = np.arange(MEASURED) % classes
    right = (reader.read(pictures) == asked).mean()
    parity = sampler.manifest.parity["decoder"]
    line = (
        f"digits that were asked for by class; {right:.1%} of {MEASURED} are read as what was asked for. "
        f"{MEASURED} pictures took {milliseconds:.0f} ms through ONNX Runtime and differ from Keras by at most "
        f"{parity['image']:g} grey levels"
    )
    return grid(pictures[: EACH * classes], classes, zoom=2), line


def _manifold(sampler: Sampler, reader: Reader) -> tuple[np.ndarray, str]:
    """The latent plane, and how many of the digits are on it."""
    pictures = sampler.decode(manifold(sampler.latent.size, MANIFOLD_SIDE))
    found = len(np.unique(reader.read(pictures)))
    line = f"the latent plane of the VAE, {MANIFOLD_SIDE}x{MANIFOLD_SIDE}, on which {found} of 10 digits are read"
    return grid(pictures, MANIFOLD_SIDE, zoom=1), line


def _reconstructions(sampler: Sampler) -> tuple[np.ndarray, str]:
    digits = open_source(DIGITS, split="test").examples.images[:RECONSTRUCTIONS]
    pairs = np.stack([digits, sampler.reconstruct(digits)], axis=1).reshape(-1, *digits.shape[1:])
    return grid(pairs, columns=16, zoom=2), f"{RECONSTRUCTIONS} held-out digits, each beside its reconstruction"


def _translations(translator: Translator, reader: Reader) -> tuple[np.ndarray, str]:
    """Held-out digits above their translations, of both directions."""
    shown, kept = [], []
    for source, to in ((reader.held_out.a, "b"), (reader.held_out.b, "a")):
        made = translator.translate(source.examples.images, to)
        kept.append((reader.read(made) == labels_of(source)).mean())
        shown.append(
            grid(np.concatenate([source.examples.images[:TRANSLATIONS], made[:TRANSLATIONS]]), TRANSLATIONS, 2)
        )
    line = (
        "held-out digits above their translations, to colours and back; "
        f"{kept[0]:.1%} and {kept[1]:.1%} are read as the digit that was given"
    )
    return _stacked(shown), line


def _rings(*samplers: Sampler) -> tuple[np.ndarray, str]:
    """Points of the GAN that collapses, left, and of the one with a penalty."""
    mixture = ring()
    plots, found = [], []
    for sampler in samplers:
        points = sampler.sample(POINTS, seed=SEED)
        plots.append(scatter(points, (-1.0, 1.0)))
        found.append(near_centres(points, mixture.centres, mixture.deviation)[1])
    line = f"points of a ring of 8 modes: {found[0]} modes without a penalty, left, and {found[1]} with one"
    return np.concatenate(plots, axis=1), line


def _overview(pictures: Mapping[str, np.ndarray]) -> np.ndarray:
    """Digits by class beside the latent plane, above translations."""
    digits, plane, translated = (pictures[name] for name in ("digits_by_class", "vae_manifold", "translated"))
    # Turned, what lies side by side is one above the other.
    above = _stacked([digits.swapaxes(0, 1), plane.swapaxes(0, 1)]).swapaxes(0, 1)
    return _stacked([above, translated])


def _stacked(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures one above the other on white, in the middle of the widest, RGB."""
    width = max(picture.shape[1] for picture in pictures)
    rows = []
    for picture in pictures:
        left = (width - picture.shape[1]) // 2
        border = ((GAP // 2, GAP // 2), (left, width - picture.shape[1] - left), (0, 0))
        rows.append(np.pad(picture, border, constant_values=255).repeat(3 // picture.shape[2], axis=2))
    return np.concatenate(rows)
