"""Bundles of every kind of model as it is before training, and of the networks that are timed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SIDE = 16
CLASSES = ("a", "b", "c", "d")
# Networks whose default sizes take minutes to export.
SMALL = {
    "cyclegan": {"generator": {"name": "resnet", "filters": 8, "blocks": 2}},
    "pix2pix": {"generator": {"name": "unet", "filters": 8}},
}


def make(folder: Path) -> None:
    """Writes them to a folder, those that are there already excepted."""
    import keras

    import keras_gen
    from export import Wish
    from keras_gen.models import model_class, model_names
    from keras_gen.training.config import constructor_options

    keras.utils.set_random_seed(0)
    given = {"image_shape": (SIDE, SIDE, 3), "classes": CLASSES}
    for name in model_names():
        cls = model_class(name)
        known = {key: value for key, value in given.items() if key in constructor_options(cls)}
        _write(folder / name, lambda cls=cls, known=known, name=name: cls(**known, **SMALL.get(name, {})))
    timed = {
        "timed_dcgan": lambda: keras_gen.GAN((64, 64, 3), 100, generator={"name": "dcgan", "filters": 64}),
        # Its networks take pictures of any size; comparing them with Keras takes less time in small ones.
        "timed_cyclegan": lambda: keras_gen.CycleGAN(
            (64, 64, 3), generator={"name": "resnet", "filters": 64, "blocks": 9}
        ),
    }
    for name, build in timed.items():
        _write(folder / name, build)
        data = "textured:digits" if name == "timed_cyclegan" else None
        _write(folder / f"{name}_fp16", build, Wish("fp16", data=data))


def _write(place: Path, build: Any, wish: Any = None) -> None:
    import export

    if not place.exists():
        print(f"{place.name}: ", end="", flush=True)
        export.export_bundle(build(), place, quantize=wish, say=print)
        print("written", flush=True)
