"""Bundles and models as they are before any training, which take as long as others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

DCGAN = {"name": "dcgan", "filters": 32}


def model(name: str) -> Any:
    """A small model of 32x32, compiled."""
    import keras

    import keras_gen

    keras.utils.set_random_seed(0)
    if name == "vae":
        made = keras_gen.VAE((32, 32, 1), latent_dim=16)
    else:
        made = keras_gen.GAN((32, 32, 1), 64, generator=DCGAN, discriminator=DCGAN)
    made.compile(**{player: spec.build() for player, spec in made.default_optimizers.items()})
    if "optimizer" in made.default_optimizers:
        made.optimizer.build(made.trainable_variables)
    return made


def sampling(place: Path, side: int = 32, channels: int = 1, filters: int = 32) -> Path:
    """The bundle of a GAN."""
    import export
    import keras_gen

    made = keras_gen.GAN((side, side, channels), 64, generator={"name": "dcgan", "filters": filters})
    return export.export_bundle(made, place)


def translating(place: Path) -> Path:
    """The bundle of the networks of `cyclegan_horse2zebra_small`, which take pictures of any size; comparing them with
    Keras takes less time in small ones."""
    import export
    import keras_gen

    made = keras_gen.CycleGAN((64, 64, 3), generator={"name": "resnet", "filters": 32, "blocks": 6})
    return export.export_bundle(made, place)
