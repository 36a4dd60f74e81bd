"""Figures of a model that draws: its samples against the data, and its codes against its prior."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_gen.data import Source
from keras_gen.metrics.classifier import FEATURES
from keras_gen.metrics.classifier_cache import cached_classifier
from keras_gen.metrics.figure import Figure
from keras_gen.metrics.frechet import frechet_distance
from keras_gen.metrics.parzen import choose_sigma, parzen_log_likelihood
from keras_gen.metrics.pictures import random_pictures
from keras_gen.metrics.prior_match import kolmogorov_smirnov, mmd
from serving.classes import class_labels
from serving.errors import InputError

BATCH = 200
VALIDATION = 1000


def drawn_pictures(model: keras.Model, n: int, seed: int) -> np.ndarray:
    """`n` pictures of the model, (n, height, width, channels) in [-1, 1]: those of `model.sample`, in batches."""
    decoder = model.inference_networks()["decoder"]
    inputs = {"latent": model.prior_latents(n, seed)}
    if "label" in decoder.input:
        inputs["label"] = class_labels(n, len(model.classes))
    return decoder.predict(inputs, batch_size=BATCH, verbose=0)["image"]


def aggregate_codes(model: keras.Model, images: np.ndarray, labels: np.ndarray | None, seed: int) -> np.ndarray:
    """A code of each picture, (n, size): a draw from its posterior, or the encoder's output where that is the code."""
    outputs = encoded(model.inference_networks()["encoder"], images, labels)
    if "code" in outputs:
        return outputs["code"]
    noise = np.random.default_rng(seed).standard_normal(outputs["mean"].shape)
    return outputs["mean"] + np.exp(0.5 * outputs["log_variance"]) * noise


def encoded(encoder: keras.Model, images: np.ndarray, labels: np.ndarray | None) -> dict[str, np.ndarray]:
    """What an exported encoder gives for pictures, and for their labels where it sees them."""
    inputs = {"image": images}
    if "label" in encoder.input:
        if labels is None:
            raise InputError("the data must have labels for an encoder that sees them. Received: pictures alone.")
        inputs["label"] = labels
    return encoder.predict(inputs, batch_size=BATCH, verbose=0)


def evaluate_prior_match(codes: np.ndarray, draws: np.ndarray, data: str, settings: dict[str, Any]) -> list[Figure]:
    """Codes of the data against draws of the prior: `aggregate_mmd`, and `aggregate_ks` over dimensions.

    Args:
        codes: (n, size), of pictures.
        draws: (2 n, size) from the prior; the second half is there to say what the figure of a perfect match is.
        data: what the pictures are of.
        settings: how codes and draws were made.
    """
    first, second = draws[: len(codes)], draws[len(codes) :]
    apart, floor = kolmogorov_smirnov(codes, first), kolmogorov_smirnov(second, first)
    rows = {
        "aggregate_mmd": (mmd(codes, first), mmd(second, first)),
        "aggregate_ks": (apart.mean(), floor.mean()),
        "aggregate_ks_worst": (apart.max(), floor.max()),
    }
    return [
        Figure(name, float(value), "", data, len(codes), {**settings, "prior against itself": float(f"{of_prior:.3g}")})
        for name, (value, of_prior) in rows.items()
    ]


def evaluate_frechet(drawn: np.ndarray, test: Source, train: Source, count: int | None, seed: int) -> Figure:
    """`frechet_distance` between samples and test pictures in the features of a classifier of the data.

    Args:
        drawn: (n, height, width, channels) in [-1, 1], samples of a model.
        test: labelled; measured against.
        train: labelled; the classifier is trained on it, always with the same seed, and as many of its pictures as
            there are samples give the distance that a copy of the training data would have.
        count: how many test pictures, drawn with the seed; None for all.
        seed: seed of that draw.

    Raises:
        InputError: no labels, or too few pictures for the width of the features.
    """
    images, _ = random_pictures(test, count, seed)
    copied, _ = random_pictures(train, len(drawn), seed)
    counts = (len(drawn), len(images), len(copied))
    if min(counts) <= FEATURES:
        raise InputError(
            f"the Fréchet distance must have more than {FEATURES} samples, test and training pictures. "
            f"Received: {', '.join(map(str, counts))}."
        )
    classifier, accuracy = cached_classifier(train, test)
    features, of_drawn, of_copied = (classifier.features(part) for part in (images, drawn, copied))
    settings = {
        "samples": len(drawn),
        "seed": seed,
        "features": f"{FEATURES} of a classifier of {train.name} ({train.split})",
        "its accuracy": round(accuracy, 4),
        f"{len(copied)} training pictures have": float(f"{frechet_distance(of_copied, features):.4g}"),
    }
    distance = frechet_distance(of_drawn, features)
    return Figure("frechet_distance", distance, "", f"{test.name} ({test.split})", len(images), settings)


def evaluate_parzen(drawn: np.ndarray, test: Source, train: Source, count: int | None, seed: int) -> Figure:
    """`parzen_log_likelihood` of test pictures, the width of the kernel chosen on training pictures.

    Args:
        drawn: (n, height, width, channels) in [-1, 1], samples of a model.
        test: measured on.
        train: 1,000 of its pictures, drawn with the seed, choose the width.
        count: how many test pictures, drawn with the seed; None for all.
        seed: seed of those draws.
    """
    images, _ = random_pictures(test, count, seed)
    validation, _ = random_pictures(train, VALIDATION, seed)
    samples, images, validation = (np.clip((part + 1) / 2, 0, 1) for part in (drawn, images, validation))
    sigma = choose_sigma(samples, validation)
    values = parzen_log_likelihood(samples, images, sigma)
    settings = {
        "samples": len(drawn),
        "seed": seed,
        "sigma": float(f"{sigma:.3g}"),
        "chosen on": f"{len(validation)} of {train.split}",
        "standard error": float(f"{values.std(ddof=1) / np.sqrt(len(values)):.2g}") if len(values) > 1 else None,
    }
    data = f"{test.name} ({test.split})"
    return Figure("parzen_log_likelihood", float(values.mean()), "nats", data, len(images), settings)
