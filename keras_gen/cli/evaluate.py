"""`keras-gen evaluate RUN_OR_BUNDLE --data SOURCE`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import
from serving import Sampler
from serving.errors import InputError, require_at_least
from serving.files import whole_file
from serving.images import to_float, to_uint8
from serving.manifest import FILE_NAME

FILE = "evaluation.json"


def run(words: Sequence[str]) -> int:
    """Prints a table of figures and writes them to `evaluation.json` in the run or bundle."""
    parser = Parser("keras-gen evaluate", description="Measure a run or a bundle on data.")
    parser.add_argument("place", type=str, help="run directory or bundle.")
    parser.add_argument("--data", type=str, required=True, help="digits, tfds:NAME, folder:PATH, npz:PATH or idx:PATH.")
    parser.add_argument("--split", type=str, default="test", help="train, test or all.")
    parser.add_argument("--count", type=int | None, default=None, help="pictures to measure on; all by default.")
    parser.add_argument("--samples", type=int, default=200, help="importance samples for a VAE's likelihood.")
    parser.add_argument("--seed", type=int, default=0, help="seed of every draw.")
    options = parser.parse_args(words)
    require_at_least(1, samples=options.samples)
    require_at_least(0, seed=options.seed)
    if options.count is not None:
        require_at_least(1, count=options.count)
    quiet_import()
    from keras_gen.metrics.figure import table

    place = Path(options.place)
    figures = _bundle(place, options) if (place / FILE_NAME).is_file() else _run(place, options)
    with whole_file(place / FILE) as temporary:
        temporary.write_text(json.dumps([figure.as_dict() for figure in figures], indent=2) + "\n", encoding="utf-8")
    print(table(figures))
    print(f"figures: {place / FILE}")
    return 0


def _run(place: Path, options: Any) -> list[Any]:
    from keras_gen.metrics.evaluation import ModelCoder, evaluate_coder, evaluate_model
    from keras_gen.training.run_directory import RunDirectory

    model = RunDirectory(place).load_model()
    test, train = _sources(options, model.image_shape)
    figures = evaluate_model(model, test, options.count, options.samples, options.seed)
    if {"encoder", "decoder"} <= set(model.inference_networks()):
        figures += evaluate_coder(ModelCoder(model), test, train, options.count, options.seed)
    return figures


def _bundle(place: Path, options: Any) -> list[Any]:
    from keras_gen.metrics.evaluation import evaluate_coder

    sampler = Sampler(place)
    if "encode" not in sampler.abilities:
        raise InputError(f"{place} must have an encoder to be measured; evaluate the run. Received: a bundle without.")
    image = sampler.manifest.image
    test, train = _sources(options, (image.height, image.width, image.channels))
    return evaluate_coder(_BundleCoder(sampler), test, train, options.count, options.seed)


def _sources(options: Any, shape: tuple[int, int, int]) -> tuple[Any, Any]:
    from keras_gen.data import open_source

    test, train = (open_source(options.data, shape[:2], shape[2], split) for split in (options.split, "train"))
    return test, train


class _BundleCoder:
    """A bundle with pictures in [-1, 1] on both sides."""

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler

    def encode(self, images: np.ndarray, batch_size: int) -> np.ndarray:
        return self.sampler.encode(self.sampler.as_input(to_uint8(images)), batch_size)

    def decode(self, latents: np.ndarray, batch_size: int) -> np.ndarray:
        return to_float(self.sampler.decode(latents, batch_size))
