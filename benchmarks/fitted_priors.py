"""What priors that are fitted to the codes do to samples of trained runs. Prints a table.

    python benchmarks/fitted_priors.py runs/autoencoder_mnist runs/vae_mnist runs/rae_mnist
    python benchmarks/fitted_priors.py runs/rae_mnist --kinds gaussian mixture --drawn 10000

Each run is sampled with latents of the standard normal distribution and of each kind of prior; a figure is the Fréchet
distance of the samples from the test images, with the features of the classifier that `keras-gen evaluate` fits. The
runs are not changed. As in Ghosh et al. 2020, "From Variational to Deterministic Autoencoders", table 1, the mixture
should be nearer than the Gaussian, and the Gaussian nearer than the standard normal distribution.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from keras_gen.data import open_source
from keras_gen.metrics.comparison import Comparison
from keras_gen.metrics.generation import BATCH, aggregate_codes, drawn_pictures
from keras_gen.metrics.pictures import as_trained
from keras_gen.metrics.sample_figures import evaluate_samples
from keras_gen.priors import PRIORS, PriorOptions, fit_prior
from keras_gen.training.run_directory import RunDirectory
from serving.common.images import to_float
from serving.common.noise import standard_normal


def main() -> None:
    options = parse()
    print(f"| run | standard normal | {' | '.join(options.kinds)} |\n|---|{'---|' * (1 + len(options.kinds))}")
    for run in options.runs:
        cells = [f"{distance:.1f}" for distance in distances(RunDirectory(run), options)]
        print(f"| {Path(run).name} | {' | '.join(cells)} |", flush=True)


def parse() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", help="run directories")
    parser.add_argument("--kinds", nargs="+", default=list(PRIORS), choices=list(PRIORS))
    parser.add_argument("--data", help="as the runs were trained by default")
    parser.add_argument("--count", type=int, help="training pictures that codes are of; all by default")
    parser.add_argument("--drawn", type=int, default=10_000, help="samples")
    parser.add_argument("--epochs", type=int, default=30, help="of two_stage and flow")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def distances(run: RunDirectory, options: Any) -> Iterator[float]:
    """That of the standard normal distribution, and of each kind."""
    model = run.load_model(with_prior=False)
    height, width, channels = model.image_shape
    data = options.data or run.config()["data"]
    train, test = (open_source(data, (height, width), channels, split) for split in ("train", "test"))

    def distance(pictures: np.ndarray) -> float:
        compared = Comparison(pictures, 0, test, train, "test", None, options.seed, "classifier")
        return evaluate_samples(["frechet"], compared)[0].value

    yield distance(decoded(model, standard_normal(options.seed, options.drawn, model.latent_dim)))
    images = as_trained(model, to_float(train.draw(options.count, options.seed).examples.images), options.seed)
    codes = aggregate_codes(model, images, None, options.seed)
    for kind in options.kinds:
        model.use_prior(fit_prior(model, codes, kind, PriorOptions(epochs=options.epochs, seed=options.seed)))
        yield distance(drawn_pictures(model, options.drawn, options.seed))


def decoded(model: keras.Model, latents: np.ndarray) -> np.ndarray:
    decoder = model.inference_networks()["decoder"]
    return decoder.predict({"latent": latents}, batch_size=BATCH, verbose=0)["image"]


if __name__ == "__main__":
    main()
