"""How well an autoencoder of one digit tells it from the others: mean AUROC of one-class MNIST. Prints a table.

    python benchmarks/one_class_anomaly.py --data idx:MNIST --epochs 30
    python benchmarks/one_class_anomaly.py --data mnist5k --digits 3 8 --epochs 5

For each digit an autoencoder is trained on the training pictures of that digit alone; all test pictures are then scored
as `keras-gen anomaly` does, the digit's own as usual and the others as unusual. The mark is a mean of 0.96.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

import keras_gen
from keras_gen.data import open_source
from serving.common.images import to_float
from serving.latents.anomaly import CodeDistances, auroc, errors_of_pixels

MARK = 0.96
SCORES = ("reconstruction", "latent")


def main() -> None:
    options = parse()
    test = open_source(options.data, split="test")
    digits = options.digits or list(test.classes)
    found: dict[str, list[float]] = {name: [] for name in SCORES}
    print(f"| digit | {' | '.join(SCORES)} |\n|---|{'---|' * len(SCORES)}")
    for digit in digits:
        values = areas(digit, test, options)
        for name in SCORES:
            found[name].append(values[name])
        print(f"| {digit} | {' | '.join(f'{values[name]:.4f}' for name in SCORES)} |", flush=True)
    means = {name: float(np.mean(values)) for name, values in found.items()}
    print(f"| mean (mark {MARK}) | {' | '.join(f'{means[name]:.4f}' for name in SCORES)} |")


def parse() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="tfds:mnist")
    parser.add_argument("--digits", nargs="+", help="classes; all by default")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--latent-dim", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def areas(digit: str, test: keras_gen.data.Source, options: Any) -> Mapping[str, float]:
    """The AUROC of each score."""
    keras.utils.set_random_seed(options.seed)
    train = open_source(f"only:{digit}:{options.data}")
    model = keras_gen.Autoencoder(train.image_shape, options.latent_dim, seed=options.seed)
    model.compile(optimizer=keras.optimizers.Adam(1e-3))
    model.fit(train.dataset(128, seed=options.seed), epochs=options.epochs, shuffle=False, verbose=0)
    usual, every = to_float(train.examples.images), to_float(test.examples.images)
    unusual = test.examples.labels != test.classes.index(digit)
    errors = errors_of_pixels(every, np.asarray(model.predict(every, verbose=0)))
    distances = CodeDistances.of(model.encoder.predict(usual, verbose=0))
    scores = {
        "reconstruction": errors.mean(axis=(1, 2)),
        "latent": distances(model.encoder.predict(every, verbose=0)),
    }
    return {name: auroc(scores[name], unusual) for name in SCORES}


if __name__ == "__main__":
    main()
