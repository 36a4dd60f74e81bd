"""How much a process grows while it trains: 2,000 steps of `fit` after the first 200, for every model.

Names of models, as arguments, measure those alone. Each has a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

FIRST, FURTHER = 200, 2000
BATCH = 4
SIDE = 16


def resident() -> float:
    """MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(name: str) -> None:
    import keras
    import numpy as np

    from keras_gen.data import Domains, Examples, Source, endless_pairs
    from keras_gen.models import model_class
    from keras_gen.training.config import constructor_options

    cls = model_class(name)
    noise = np.random.default_rng(0).integers(0, 256, (2, 64, SIDE, SIDE, 3), np.uint8)
    labels, classes = np.arange(64) % 4, tuple("abcd")
    a, b = (Source("noise", "train", Examples(images, labels, classes)) for images in noise)
    given = {"image_shape": (SIDE, SIDE, 3), "classes": classes}
    known = constructor_options(cls)
    model = cls(**{key: value for key, value in given.items() if key in known})
    model.compile(**{key: spec.build() for key, spec in cls.default_optimizers.items()})
    if cls.spec.adapts:
        batches = endless_pairs(a, b, BATCH)
    elif cls.spec.translates:
        batches = Domains("noise", a, b, paired=True).endless(BATCH)
    else:
        batches = a.endless(BATCH, labels=model.spec.labelled)
    sizes = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            sizes.append(resident())

    model.fit(
        batches, steps_per_epoch=FIRST, epochs=1 + FURTHER // FIRST, shuffle=False, verbose=0, callbacks=[Watch()]
    )
    print(f"| {name} | {sizes[0]:,.0f} | {sizes[-1] - sizes[0]:+.1f} |", flush=True)


def main() -> None:
    from keras_gen.models import model_names

    if sys.argv[1:2] == ["--one"]:
        measure(sys.argv[2])
        return
    print(f"| model | MiB after {FIRST} steps | growth over {FURTHER:,} more, MiB |\n|---|---|---|", flush=True)
    for name in sys.argv[1:] or model_names():
        subprocess.run([sys.executable, __file__, "--one", name], check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
