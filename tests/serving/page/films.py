"""Bundles with films whose frames are known, without a training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

import export
import keras_gen
from export.film import write_film
from keras_gen.training.callbacks.film import STILL
from keras_gen.training.film_frames import picture_frame
from keras_gen.training.run_directory import RunDirectory
from serving.bundle.manifest import FILE_NAME, Manifest
from tests.serving.languages.families import write_family

EPOCHS = (0, 1, 2, 4)
METRICS = """epoch,generator_loss,discriminator_loss,sample_diversity
1,0.5,1.5,0.9
2,{loss},1.25,0.4
3,2.5,1,0.3
4,3,0.75,0.2
"""


def write_films(folder: Path) -> list[Path]:
    """`ring` and `spiral`, of points, and `faces`, of pictures."""
    small = {"name": "points", "units": [4]}
    model = keras_gen.GAN((1, 1, 2), latent_dim=2, generator=small, discriminator=small)
    made = []
    for seed, name in enumerate(("ring", "spiral")):
        made.append(export.export_bundle(model, folder / name))
        frames = {epoch: point_frame(seed, epoch) for epoch in EPOCHS}
        add_film(made[-1], frames, METRICS.format(loss=seed + 1), {"real": np.full((3, 2), 0.5, np.float32)})
    faces = write_family("vae", folder / "faces")
    add_film(faces, {epoch: picture_frame(pictures(epoch)) for epoch in EPOCHS}, "epoch,loss\n1,2\n")
    return [*made, faces]


def point_frame(seed: int, epoch: int) -> dict[str, np.ndarray]:
    """20 samples and 10 gradients, at random places."""
    random = np.random.default_rng((seed, epoch))
    return {
        "samples": random.uniform(-1, 1, (20, 2)).astype(np.float32),
        "surface": random.integers(0, 256, (40, 40), np.uint8),
        "warped": random.uniform(-1, 1, (21, 21, 2)).astype(np.float32),
        "gradients": random.normal(size=(10, 2)).astype(np.float32),
        "kl": np.asarray(4.0 - epoch),
        "js": np.asarray(0.5 / (1 + epoch)),
    }


def pictures(epoch: int) -> np.ndarray:
    return np.random.default_rng(epoch).uniform(-1, 1, (4, 8, 8, 1)).astype(np.float32)


def add_film(
    bundle: Path, frames: dict[int, dict[str, np.ndarray]], metrics: str, still: dict[str, np.ndarray] | None = None
) -> None:
    """Gives a bundle the film that a run with these frames would have."""
    run = RunDirectory(bundle.with_name(f"{bundle.name}_run"))
    run.film.mkdir(parents=True)
    run.checkpoints.mkdir()
    (run.checkpoints / f"epoch_{max(frames):04d}.keras").touch()
    run.metrics_file.write_text(metrics)
    for epoch, arrays in frames.items():
        np.savez(run.film / f"epoch_{epoch:04d}.npz", step=np.asarray(10 * epoch), **arrays)
    if still:
        np.savez(run.film / STILL, **still)
    manifest = replace(Manifest.read(bundle), film=write_film(bundle, run))
    (bundle / FILE_NAME).write_text(manifest.to_json())
