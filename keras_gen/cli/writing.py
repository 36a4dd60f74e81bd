"""What the commands that write bundles share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from keras_gen.cli.parser import Parser
from keras_gen.cli.spelling import as_option
from serving.bundle.manifest import Manifest
from serving.common.errors import InputError

OF_TRITON = ("max_batch_size", "instances", "storage_uri")


def add_numbers(parser: Parser) -> None:
    """Adds what networks are written for and in, what they are measured on, their licence, and what to bring along."""
    parser.add_argument(
        "--target",
        type=Literal["any", "cpu"],
        default="any",
        help="hardware to write the networks for: any, or cpu, which computes large convolutions with half the "
        "multiplications. A GPU does so by itself.",
    )
    parser.add_argument(
        "--quantize",
        type=Literal["int8", "fp16", "fp16-weights"] | None,
        default=None,
        help="quantize the networks that make pictures: int8, where that is faster on this machine's CPU, or fp16, for "
        "a GPU; or fp16-weights: weights in 16 bits, the encoder's too, that are computed with in float32.",
    )
    parser.add_argument(
        "--check_provider",
        type=Literal["openvino"] | None,
        default=None,
        help="provider of ONNX Runtime, which must be installed: measure its pictures, in float32 and bfloat16, "
        "against those of the CPU.",
    )
    parser.add_argument(
        "--least_psnr",
        type=float | None,
        default=None,
        help="with --quantize or --check_provider: lowest PSNR of its pictures against those of float32, in dB, 30 or "
        "40 by default; below it nothing is written.",
    )
    parser.add_argument(
        "--calibrate",
        type=str | None,
        default=None,
        help="with --quantize or --check_provider: data set to measure on, given as in train. Models that draw from a "
        "prior need none.",
    )
    parser.add_argument(
        "--license",
        type=str | None,
        default=None,
        help="licence of the model, which the bundle and its card then state, as model hubs name it: apache-2.0, mit, "
        "cc-by-4.0, ... None is stated by default.",
    )
    parser.add_argument(
        "--codes",
        type=str | None,
        default=None,
        help="data set, given as in train: the bundle then brings the codes of at most 5,000 of its pictures, and the "
        "pictures made small. For models with an encoder.",
    )
    parser.add_argument(
        "--examples",
        type=str | None,
        default=None,
        help="data set, given as in train: the bundle then brings eight of its pictures to try a translator with, and "
        "the colours of its label maps.",
    )


def add_triton(parser: Parser) -> None:
    """Adds the model repository."""
    parser.add_argument(
        "--triton", type=str | None, default=None, help="Triton model repository to write, or to add the bundle to."
    )
    parser.add_argument(
        "--max_batch_size",
        type=int | None,
        default=None,
        help="with --triton: most rows that Triton joins requests to.",
    )
    parser.add_argument(
        "--instances", type=int | None, default=None, help="with --triton: number of instances of each network."
    )
    parser.add_argument(
        "--storage_uri", type=str | None, default=None, help="with --triton: URI at which KServe finds the repository."
    )


def wishes_of(options: Any) -> dict[str, Any]:
    """What `--quantize`, `--check-provider`, `--license`, `--codes` and `--examples` ask for, as arguments of what
    writes a bundle; imports TensorFlow."""
    from export import ProviderCheck, Wish
    from keras_gen.data import import_data

    for data in filter(None, (options.calibrate, options.codes, options.examples)):
        import_data(data)
    judged = {"data": options.calibrate}
    if options.least_psnr is not None:
        judged["least_psnr"] = options.least_psnr
    return {
        "quantize": Wish(options.quantize, **judged) if options.quantize else None,
        "check_provider": ProviderCheck(options.check_provider, **judged) if options.check_provider else None,
        "license": options.license,
        "codes": options.codes,
        "examples": options.examples,
    }


def write(options: Any, bundle: Callable[[], Path]) -> None:
    """Writes a bundle, and a model repository of it where one is asked for.

    Args:
        options: of the command line.
        bundle: writes the bundle, and says where it is.

    Raises:
        InputError: options of a repository without one.
    """
    settings = {name: options[name] for name in OF_TRITON}
    if options.triton is None:
        if given := [name for name, value in settings.items() if value is not None]:
            option = as_option(given[0])
            raise InputError(f"{option} must be left out without --triton. Received: {settings[given[0]]}.")
        bundle()
        return
    from export.triton import check_repository, write_repository

    check_repository(options.triton, **settings)
    version = write_repository(bundle(), options.triton, **settings)
    print(f"triton: {options.triton}, version {version}")


def told(folder: Path) -> Path:
    """Prints what a new bundle's networks were found to be; the folder."""
    manifest = Manifest.read(folder)
    for name, outputs in manifest.parity.items():
        differences = ", ".join(f"{output} {value:.2g}" for output, value in outputs.items())
        print(f"{name}: largest difference from {manifest.compared_with}: {differences}")
    print(f"bundle: {folder}")
    return folder
