"""`Sampler.sample` against a bare `session.run` loop over the same `sampler.onnx`.

    python benchmarks/sampling.py [BUNDLE ...]

Without bundles, three small models as they are before any training. The mark is 0.95 at the batch that is best for the
bare loop, whose row says so.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import onnxruntime
from timing import Comparison, alternate

import serving

SECONDS = 0.4
BATCHES = (16, 64, 256)
ROUNDS = 15


def untrained(place: Path) -> dict[str, Path]:
    """Bundles of models that draw noise, which takes as long as pictures."""
    import export
    import keras_gen

    models = {
        "VAE 16x16 (demo)": keras_gen.VAE((16, 16, 1), latent_dim=2),
        "GAN 16x16 (demo)": keras_gen.GAN((16, 16, 1), 32, generator={"name": "dcgan", "filters": 32}),
        "GAN 32x32": keras_gen.GAN((32, 32, 1), 64, generator={"name": "dcgan", "filters": 32}),
    }
    return {name: export.export_bundle(model, place / str(index)) for index, (name, model) in enumerate(models.items())}


def fed(manifest: serving.Manifest, batch: int) -> dict[str, Any]:
    """What the sampler takes: one class after the other, no truncation."""
    values = {
        "seed": np.array(1),
        "n": np.array(batch),
        "label": np.arange(batch) % max(1, len(manifest.classes)),
        "truncation": np.array(np.inf, np.float32),
    }
    return {name: values[name] for name in manifest.networks["sampler"].inputs}


def measured(bundle: Path, batch: int) -> tuple[int, Comparison]:
    """Pictures in a round of some tenths of a second, and the seconds of both."""
    sampler = serving.load(bundle, provider="cpu")
    session = onnxruntime.InferenceSession(bundle / "sampler.onnx", providers=["CPUExecutionProvider"])
    feed = fed(sampler.manifest, batch)

    def bare(batches: int) -> list[np.ndarray]:
        return [session.run(["image"], feed)[0] for _ in range(batches)]

    once = alternate(lambda: bare(1), lambda: bare(1), 3).peer
    batches = max(1, round(SECONDS / once))
    pictures = batches * batch
    return pictures, alternate(
        lambda: sampler.sample(pictures, seed=1, batch_size=batch), lambda: bare(batches), ROUNDS
    )


def main() -> None:
    print(f"medians of {ROUNDS} alternating rounds\n")
    print("| model | batch | Sampler.sample, img/s | bare session.run, img/s | ratio |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        bundles = {place.name: place for place in map(Path, sys.argv[1:])} or untrained(Path(folder))
        for name, bundle in bundles.items():
            rows = {batch: measured(bundle, batch) for batch in BATCHES}
            best = max(rows, key=lambda batch: rows[batch][0] / rows[batch][1].peer)
            for batch, (pictures, result) in rows.items():
                rates = f"{pictures / result.ours:,.0f} | {pictures / result.peer:,.0f}"
                shown = f"**{result.ratio:.3f}**, the best batch" if batch == best else f"{result.ratio:.3f}"
                print(f"| {name} | {batch} | {rates} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
