"""`keras-gen classify BUNDLE PICTURES`, or `keras-gen classify BUNDLE --data SOURCE`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_gen.cli.bundle_data import add_data, batches_of, labels_of, read_data
from keras_gen.cli.bundle_options import add_pictures, running_parser, settings_of
from serving import Sampler
from serving.bundle.inputs import picture_paths, read_pictures
from serving.common.errors import InputError


def run(words: Sequence[str]) -> int:
    """Prints for each picture its file, the class it is taken for, and how probable that is; or for a data set the
    share of pictures whose class is found."""
    parser = running_parser("classify", "Classify pictures, or measure the accuracy on a labelled data set.")
    add_pictures(parser, nargs="*")
    add_data(parser, split="test", required=False)
    options = parser.parse_args(words)
    if bool(options.pictures) == (options.data is not None):
        raise InputError(
            "keras-gen classify must be given pictures or --data. "
            f"Received: {'pictures and --data' if options.pictures else 'only the bundle'}."
        )
    sampler = Sampler(options.bundle, settings_of(options))
    if "classify" not in sampler.abilities:
        raise InputError(f"{options.bundle} must have a classifier. Received: a bundle without a classifier.")
    print("\n".join(_of_data(sampler, options) if options.data else _of_files(sampler, options)))
    return 0


def _of_files(sampler: Sampler, options: Any) -> list[str]:
    files = picture_paths(options.pictures, sampler.manifest.image.channels)
    pictures = read_pictures(files, sampler.manifest.image, options.resize)
    probabilities = sampler.classify(sampler.as_input(pictures))
    names, found = sampler.manifest.classes, probabilities.argmax(axis=1)
    return [
        f"{file}\t{names[label]}\t{row[label]:.4f}"
        for file, label, row in zip(files, found, probabilities, strict=True)
    ]


def _of_data(sampler: Sampler, options: Any) -> list[str]:
    source = read_data(sampler, options).of_classes(sampler.manifest.classes)
    labels = labels_of(source)
    found = np.concatenate([sampler.classify(images).argmax(axis=1) for images, _ in batches_of(sampler, source)])
    return [f"accuracy {(found == labels).mean():.4f} of {len(source)} pictures: {source.name} ({source.split})"]
