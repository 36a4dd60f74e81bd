"""All the metrics that fit a model, by what it can do and not by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import keras
import numpy as np

from keras_gen.data import Source
from keras_gen.metrics.codes import ACTIVE_VARIANCE, active_units, cluster_accuracy, few_label_probe, linear_probe
from keras_gen.metrics.disentanglement import (
    BINS,
    Factors,
    disentanglement_completeness_informativeness,
    factor_vae_score,
    factors_of,
    mutual_information_gap,
    separated_attribute_predictability,
)
from keras_gen.metrics.figure import Figure
from keras_gen.metrics.generation import aggregate_codes, encoded, evaluate_prior_match
from keras_gen.metrics.likelihood import importance_sampled_nll
from keras_gen.metrics.pictures import as_trained, random_pictures
from keras_gen.metrics.rate_distortion import rate_distortion, rate_distortion_figures
from keras_gen.metrics.result_page import Results, results
from keras_gen.metrics.similarity import SSIM_RADIUS, psnr, ssim
from serving.common.classes import class_labels
from serving.common.errors import InputError

BATCH = 200
DRAWN = 10_000
FEW, FEW_DRAWS = 100, 5


class Coder(Protocol):
    """Anything that encodes pictures, and maybe decodes them: a bundle's Sampler, or `ModelCoder`.

    Labels are used where a network sees them. `sees_class` says whether codes were made with the label's help,
    `decodes` whether there is a decoder.
    """

    sees_class: bool
    decodes: bool

    def encode(self, images: np.ndarray, labels: np.ndarray | None) -> np.ndarray: ...

    def decode(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray: ...


class ModelCoder:
    """The inference networks of a Keras model, pictures in [-1, 1]."""

    def __init__(self, model: keras.Model) -> None:
        self.networks = model.inference_networks()
        self.encoder = self.networks["encoder"]
        self.sees_class = "label" in self.encoder.input
        self.decodes = "decoder" in self.networks

    def encode(self, images: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """(n, height, width, channels) to codes (n, size); the posterior mean where there is one."""
        outputs = encoded(self.encoder, images, labels)
        return outputs["code"] if "code" in outputs else outputs["mean"]

    def decode(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """(n, size) to pictures."""
        decoder = self.networks["decoder"]
        inputs = {"latent": latents, **({"label": labels} if "label" in decoder.input else {})}
        return decoder.predict(inputs, batch_size=BATCH, verbose=0)["image"]


def evaluate_coder(
    coder: Coder,
    test: Source,
    train: Source,
    count: int | None,
    seed: int,
    show: Callable[[Results], None] = lambda shown: None,
    clusters: range = range(0),
) -> list[Figure]:
    """Reconstruction where there is a decoder, and what the codes are worth.

    Args:
        coder: takes and gives pictures in [-1, 1].
        test: measured on.
        train: where a linear probe is fitted, if the data has labels.
        count: how many pictures of each, drawn with the seed; None for all.
        seed: seed of that draw.
        show: called with pictures beside their reconstructions, where there is a decoder.
        clusters: which numbers of a code are probabilities of clusters.
    """
    images, labels = random_pictures(test, count, seed)
    codes = coder.encode(images, labels)
    data = f"{test.name} ({test.split})"
    figures = []
    if coder.decodes:
        decoded = coder.decode(codes, labels)
        show(results("reconstruction", {"input": images, "output": decoded}, "output", "input"))
        figures = _reconstruction(images, decoded, data)
    if labels is not None and train.examples.labels is not None and not coder.sees_class:
        fitted, fitted_labels = random_pictures(train, count, seed)
        assert fitted_labels is not None
        fitted_codes = coder.encode(fitted, fitted_labels)
        tested, learned = factors_of(labels, test.classes), factors_of(fitted_labels, train.classes)
        if tested is not None and learned is not None:
            return [*figures, *_disentanglement(codes, tested, fitted_codes, learned, data, seed)]
        if clusters:
            found, known = (part[:, clusters].argmax(axis=1) for part in (codes, fitted_codes))
            share = cluster_accuracy(known, fitted_labels, found, labels)
            how = {"clusters": len(clusters), "classes given by": len(fitted), "seed": seed}
            figures.append(Figure("cluster_accuracy", share, "", data, len(images), how))
        accuracy = linear_probe(fitted_codes, fitted_labels, codes, labels)
        settings: dict[str, Any] = {
            "probe": "logistic regression on standardized codes, regularization chosen on a tenth",
            "fitted on": len(fitted),
            "seed": seed,
        }
        figures.append(Figure("linear_probe", accuracy, "", data, len(images), settings))
        pixels = [part.reshape(len(part), -1) for part in (fitted, images)]
        for name, (known, others) in {"codes": (fitted_codes, codes), "pixels": (pixels[0], pixels[1])}.items():
            figures += _few_labels(name, known, fitted_labels, others, labels, data, seed)
    return figures


def evaluate_rate_distortion(coder: Coder, test: Source, count: int | None, seed: int) -> list[Figure]:
    """The curve of what coded pictures cost and what they lose, a figure of each point.

    Args:
        coder: with a decoder.
        test: measured on.
        count: how many pictures, drawn with the seed; None for all.
        seed: seed of that draw.
    """
    images, labels = random_pictures(test, count, seed)
    codes = coder.encode(images, labels)
    points = rate_distortion(images, codes, lambda latents: coder.decode(latents, labels))
    return rate_distortion_figures(points, f"{test.name} ({test.split})", len(images), seed)


CODE_METRICS: dict[str, Callable[[Coder, Source, int | None, int], list[Figure]]] = {
    "rate_distortion": evaluate_rate_distortion
}


def _reconstruction(images: np.ndarray, reconstructed: np.ndarray, data: str) -> list[Figure]:
    quality = float(psnr(reconstructed, images).mean())
    figures = [Figure("reconstruction_psnr", quality, "dB", data, len(images), {"range": "[-1, 1]"})]
    if min(images.shape[1:3]) > 2 * SSIM_RADIUS:
        window = {"window": "11x11 Gaussian, deviation 1.5"}
        likeness = float(ssim(reconstructed, images).mean())
        figures.append(Figure("reconstruction_ssim", likeness, "", data, len(images), window))
    return figures


def _disentanglement(
    codes: np.ndarray, factors: Factors, fitted: np.ndarray, known: Factors, data: str, seed: int
) -> list[Figure]:
    """Whether dimensions mean factors, in place of probes of classes, each of which is a single picture; nothing of
    codes of one number."""
    if codes.shape[1] < 2:
        return []
    halves = (fitted, known.values, codes, factors.values)
    d, c, i = disentanglement_completeness_informativeness(*halves)
    said = {"factors": " ".join(factors.names)}
    fits = {**said, "fitted on": len(fitted)}
    rows: list[tuple[str, float, dict[str, Any]]] = [
        ("mig", mutual_information_gap(codes, factors.values), {**said, "bins": BINS}),
        ("sap", separated_attribute_predictability(*halves), fits),
        ("dci_disentanglement", d, fits),
        ("dci_completeness", c, fits),
        ("dci_informativeness", i, fits),
        ("factor_vae_score", factor_vae_score(codes, factors.values, seed), {**said, "seed": seed}),
    ]
    return [Figure(name, value, "", data, len(codes), settings) for name, value, settings in rows]


def _few_labels(
    name: str,
    known: np.ndarray,
    known_labels: np.ndarray,
    tested: np.ndarray,
    labels: np.ndarray,
    data: str,
    seed: int,
) -> list[Figure]:
    """The mean accuracy with few labels; nothing where the data has too few of a class for that."""
    if np.unique(known_labels, return_counts=True)[1].min() * len(np.unique(known_labels)) < FEW:
        return []
    accuracies = few_label_probe(known, known_labels, tested, labels, FEW, FEW_DRAWS, seed)
    deviation = float(f"{accuracies.std(ddof=1):.2g}")
    settings = {"labels": FEW, "draws": FEW_DRAWS, "deviation": deviation, "seed": seed}
    return [Figure(f"few_labels_{name}", float(accuracies.mean()), "", data, len(tested), settings)]


def evaluate_model(
    model: keras.Model, test: Source, count: int | None, samples: int, seed: int, drawn: int = DRAWN
) -> list[Figure]:
    """What the model itself reports on the data, where its codes lie, and the likelihood and active units
    where there is a posterior.

    Args:
        model: compiled.
        test: measured on.
        count: how many pictures, drawn with the seed; None for all.
        samples: importance samples per picture for the likelihood.
        seed: seed of that draw, of the binarization, of the samples and of what is drawn from posterior and prior.
        drawn: pictures whose codes are compared with the prior, at most, evenly spaced.
    """
    images, labels = random_pictures(test, count, seed)
    known = _labels_for(model, test, labels)
    data = f"{test.name} ({test.split})"
    reported = model.evaluate(images, known, batch_size=BATCH, verbose=0, return_dict=True)
    figures = [
        Figure(name, float(value), "", data, len(images), {"noise seed": model.seed})
        for name, value in reported.items()
    ]
    pictures = as_trained(model, images, seed)
    if model.spec.likelihood:
        settings: dict[str, Any] = {"samples": samples, "seed": seed}
        if model.spec.binarizes:
            settings["binarized"] = "one draw"
        nll = importance_sampled_nll(model, pictures, samples, seed, known)
        figures.append(Figure("nll", float(nll.mean()), "nats", data, len(images), settings))
        means = ModelCoder(model).encode(pictures, known)
        active = active_units(means)
        of = {"of": len(active), "variance above": ACTIVE_VARIANCE}
        figures.append(Figure("active_units", float(active.sum()), "", data, len(images), of))
    if model.spec.prior and "encoder" in model.inference_networks() and min(drawn, len(pictures)) > 1:
        rows = np.linspace(0, len(pictures) - 1, min(len(pictures), drawn)).astype(int)
        codes = aggregate_codes(model, pictures[rows], None if known is None else known[rows], seed)
        draws = model.prior_latents(2 * len(codes), seed)
        figures += evaluate_prior_match(codes, draws, data, {"draws": len(codes), "seed": seed})
    return figures


def evaluate_classifier(
    classify: Callable[[np.ndarray], np.ndarray], classes: int, test: Source, count: int | None, seed: int
) -> list[Figure]:
    """The share of pictures whose class is found; nothing where the data has no labels.

    Args:
        classify: pictures in [-1, 1] to probabilities, (n, classes).
        classes: how many there are.
        test: measured on.
        count: how many pictures, drawn with the seed; None for all.
        seed: seed of that draw.

    Raises:
        InputError: a label that is no class.
    """
    images, labels = random_pictures(test, count, seed)
    if labels is None:
        return []
    found = classify(images).argmax(axis=1) == class_labels(len(labels), classes, labels)
    return [Figure("accuracy", float(found.mean()), "", f"{test.name} ({test.split})", len(images))]


def _labels_for(model: keras.Model, source: Source, labels: np.ndarray | None) -> np.ndarray | None:
    """The labels where the model sees them.

    Raises:
        InputError: there are none, or one that is none of the model's classes.
    """
    if not model.spec.labelled:
        return None
    if labels is None:
        raise InputError(f"{source.name} must have labels, which the model sees. Received: pictures alone.")
    return class_labels(len(labels), len(model.spec.classes), labels)
