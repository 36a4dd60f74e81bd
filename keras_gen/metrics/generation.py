"""Samples of a model, and how well its codes match its prior."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_gen.metrics.figure import Figure
from keras_gen.metrics.prior_match import kolmogorov_smirnov, mmd
from serving.common.classes import class_labels
from serving.common.errors import InputError

BATCH = 200


def drawn_pictures(model: keras.Model, n: int, seed: int) -> np.ndarray:
    """`n` pictures of the model, (n, height, width, channels) in [-1, 1]: those of `model.sample`, in batches."""
    decoder = model.inference_networks()["decoder"]
    inputs = {"latent": model.prior_latents(n, seed)}
    if "label" in decoder.input:
        inputs["label"] = class_labels(n, len(model.spec.classes))
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
