"""`keras-gen anomaly BUNDLE PICTURES --data SOURCE`."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_gen.cli.bundle_data import add_data, batches_of, labels_of, read_data
from keras_gen.cli.bundle_options import add_resize, load_bundle, running_parser
from keras_gen.cli.parser import Parser
from serving import Sampler
from serving.bundle.inputs import picture_paths, read_pictures
from serving.common.classes import class_index
from serving.common.errors import InputError, require_among
from serving.common.files import whole_file
from serving.common.images import shown_channels, to_uint8, write_png
from serving.common.noise import standard_normal
from serving.latents.anomaly import CodeDistances, auroc, errors_of_pixels, heat_map, negative_bound, threshold

SCORES = ("reconstruction", "likelihood", "latent")
SUFFIXES = (".csv", ".json")
# Of usual pixels' errors: what is white in a heat map.
WHITE = 0.999
Pictures = list[tuple[np.ndarray, np.ndarray | None]]
Score = Callable[[np.ndarray, np.ndarray | None], np.ndarray]


class Usual(NamedTuple):
    """What usual pictures say: how a picture is scored, and above which score it is unusual."""

    score: Score
    limit: float


def run(words: Sequence[str]) -> int:
    """Scores pictures, says which lie above the threshold, and writes scores and heat maps if asked; of a data set with
    labels, prints how well the scores tell the usual class from the others."""
    options = _parser().parse_args(words)
    _check(options)
    sampler = load_bundle(options)
    usual = _usual(sampler, options)
    if options.pictures:
        _files(sampler, usual, options)
    if options.labelled is not None:
        _labelled(sampler, usual, options)
    return 0


def _parser() -> Parser:
    what = "Score pictures by how unlike they are to those that a model was trained on."
    parser = running_parser("anomaly", what)
    parser.add_argument(
        "pictures", type=str, nargs="*", help="picture files, .npy files of a picture each, or folders."
    )
    add_data(parser, split="test")
    add_resize(parser)
    parser.add_argument("--class", type=str | None, default=None, help="name of the class, for a model that takes one.")
    by = "what is unusual: reconstruction (squared error), likelihood (negative bound of a VAE), latent (Mahalanobis)."
    parser.add_argument("--score", type=str, default="reconstruction", help=by)
    rate = "share of usual pictures that may be called unusual; the pictures of --data set the threshold."
    parser.add_argument("--false_alarms", type=float, default=0.01, help=rate)
    parser.add_argument("--out", type=str | None, default=None, help="file of scores to write: .csv or .json.")
    parser.add_argument("--maps", type=str | None, default=None, help="folder for a heat map of each picture.")
    with_labels = "data set with labels of usual and unusual pictures, to measure the score on."
    parser.add_argument("--labelled", type=str | None, default=None, help=with_labels)
    parser.add_argument("--usual", type=str | None, default=None, help="class of --labelled that is usual.")
    return parser


def _check(options: Any) -> None:
    require_among(SCORES, score=options.score)
    if not options.pictures and options.labelled is None:
        raise InputError("pictures or --labelled must say what to score. Received: neither.")
    if (options.labelled is None) != (options.usual is None):
        raise InputError(
            f"--labelled and --usual must be given together. Received: {options.labelled}, {options.usual}."
        )
    if options.out is not None and Path(options.out).suffix.lower() not in SUFFIXES:
        raise InputError(f"--out must end in {' or '.join(SUFFIXES)}. Received: {options.out}.")
    for name in ("out", "maps"):
        if options[name] is not None and not options.pictures:
            raise InputError(f"--{name} must be left out without pictures. Received: {options[name]}.")
    if options.maps is not None and Path(options.maps).exists() and not Path(options.maps).is_dir():
        raise InputError(f"--maps must be a folder. Received: {options.maps}, a file.")


def _usual(sampler: Sampler, options: Any) -> Usual:
    """The score and its threshold. The latent distance is fitted to every other picture and the threshold set by the
    rest: of those that it was fitted to, distances are too small."""
    batches = list(batches_of(sampler, read_data(sampler, options)))
    score = _score(sampler, options)
    if options.score == "latent":
        codes = _codes(sampler, batches)
        near = CodeDistances.of(codes[::2])
        values = near(codes[1::2])
        told = sampler.takes_class
        score = lambda images, labels: near(sampler.encode(images, labels=labels if told else None))  # noqa: E731
    else:
        values = np.concatenate([score(*batch) for batch in batches])
    limit = threshold(values, options.false_alarms)
    print(f"threshold: {limit:.6g}, of {len(values)} usual pictures and {options.false_alarms:g} false alarms")
    return Usual(score, limit)


def _score(sampler: Sampler, options: Any) -> Score:
    """What scores a batch by its reconstruction, or by the bound."""
    told = sampler.takes_class

    def reconstruction(images: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        made = sampler.reconstruct(images, labels=labels if told else None)
        return errors_of_pixels(images, made).reshape(len(images), -1).mean(axis=1)

    def bound(images: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        known = labels if told else None
        likelihood = sampler.manifest.likelihood
        assert likelihood is not None, "checked below"
        mean, log_variance = sampler.posterior(images, labels=known)
        noise = standard_normal(options.seed, *mean.shape)
        decoded = sampler.decode(mean + np.exp(0.5 * log_variance) * noise, labels=known)
        return negative_bound(images, decoded, mean, log_variance, likelihood.kind, likelihood.sigma)

    if options.score == "likelihood" and sampler.manifest.likelihood is None:
        raise InputError(
            f"{sampler.bundle} must state the likelihood that it was trained by, as exports of a VAE do; other bundles "
            "have --score reconstruction. Received: a bundle without."
        )
    return bound if options.score == "likelihood" else reconstruction


def _codes(sampler: Sampler, batches: Pictures) -> np.ndarray:
    told = sampler.takes_class
    return np.concatenate([sampler.encode(images, labels=labels if told else None) for images, labels in batches])


def _files(sampler: Sampler, usual: Usual, options: Any) -> None:
    """Scores files, writes what is asked for, and prints the most unusual."""
    paths = picture_paths(options.pictures, sampler.manifest.image.channels)
    images = sampler.as_input(read_pictures(options.pictures, sampler.manifest.image, options.resize))
    labels = None
    if sampler.takes_class:
        name = options["class"]
        if name is None:
            raise InputError("--class must say of which class the pictures are. Received: no --class.")
        labels = np.full(len(images), class_index(name, sampler.manifest.classes))
    scores = usual.score(images, labels)
    rows: list[dict[str, Any]] = [
        {"picture": str(path), "score": float(score), "threshold": usual.limit, "unusual": bool(score > usual.limit)}
        for path, score in zip(paths, scores, strict=True)
    ]
    for row in sorted(rows, key=lambda row: -row["score"])[:10]:
        print(f"{row['score']:.6g}  {'unusual' if row['unusual'] else 'usual  '}  {row['picture']}")
    print(f"{sum(bool(row['unusual']) for row in rows)} of {len(rows)} pictures are unusual")
    if options.out is not None:
        _write(Path(options.out), rows)
    if options.maps is not None:
        _write_maps(Path(options.maps), paths, sampler, images, labels)


def _write(out: Path, rows: list[dict[str, Any]]) -> None:
    with whole_file(out) as temporary:
        if out.suffix.lower() == ".json":
            temporary.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
        else:
            with temporary.open("w", newline="", encoding="utf-8") as file:
                table = csv.DictWriter(file, list(rows[0]))
                table.writeheader()
                table.writerows(rows)
    print(f"{len(rows)} scores: {out}")


def _write_maps(
    folder: Path, paths: Sequence[Path], sampler: Sampler, images: np.ndarray, labels: np.ndarray | None
) -> None:
    """A picture for each: itself, its reconstruction, and where the two differ. All have one scale."""
    made = sampler.reconstruct(images, labels=labels)
    errors = errors_of_pixels(images, made)
    highest = max(float(np.quantile(errors, WHITE)), 1e-6)
    for index, path in enumerate(paths):
        both = [_in_colour(to_uint8(pictures[index : index + 1])) for pictures in (images, made)]
        write_png(
            folder / f"{index:04d}_{path.stem}.png", np.concatenate([*both, heat_map(errors[index], highest)], axis=1)
        )
    print(f"{len(paths)} heat maps, white from a squared error of {highest:.3g}: {folder}")


def _in_colour(picture: np.ndarray) -> np.ndarray:
    """(1, height, width, channels) as (height, width, 3)."""
    channels = [0, 1, 2] if shown_channels(picture.shape[3]) == 3 else [0, 0, 0]
    return picture[0][..., channels]


def _labelled(sampler: Sampler, usual: Usual, options: Any) -> None:
    asked = options.clone()
    asked.data, asked.split, asked.count = options.labelled, "test", None
    source = read_data(sampler, asked)
    unusual = labels_of(source) != class_index(options.usual, source.classes)
    scores = np.concatenate([usual.score(*batch) for batch in batches_of(sampler, source)])
    found = scores > usual.limit
    print(f"AUROC: {auroc(scores, unusual):.4f} of {(~unusual).sum()} usual and {unusual.sum()} unusual pictures")
    print(f"unusual pictures found: {found[unusual].mean():.2%}; false alarms: {found[~unusual].mean():.2%}")
