"""`keras-gen export RUN --out BUNDLE`, and `--triton DIR` for a Triton model repository of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from keras_gen.cli.own_code import import_own_code_of
from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import
from keras_gen.cli.spelling import as_option
from serving.bundle.manifest import FILE_NAME, Manifest
from serving.bundle.references import bundle_folder
from serving.common.errors import InputError

OF_BUNDLE = ("out", "io", "target", "quantize", "least_psnr", "calibrate", "check_provider", "license")
OF_TRITON = ("max_batch_size", "instances", "storage_uri")


def run(words: Sequence[str]) -> int:
    """Exports as the command line says."""
    parser = Parser("keras-gen export", description="Write a bundle of a trained model, checked against Keras.")
    parser.add_argument(
        "run", type=str, help="run directory or .keras file; or a bundle, if --triton is the only option."
    )
    parser.add_argument(
        "--out",
        type=str | None,
        default=None,
        help="folder to write the bundle to; a bundle that is there is replaced.",
    )
    parser.add_argument(
        "--io",
        type=Literal["uint8", "float"],
        default="uint8",
        help="type of the pictures that the bundle takes and gives: uint8 in 0..255, or float in [-1, 1].",
    )
    parser.add_argument(
        "--license",
        type=str | None,
        default=None,
        help="licence of the model, which the bundle and its card then state, as model hubs name it: apache-2.0, mit, "
        "cc-by-4.0, ... None is stated by default.",
    )
    _add_numbers(parser)
    _add_triton(parser)
    options = parser.parse_args(words)
    settings = {name: options[name] for name in OF_TRITON}
    if options.triton is None:
        if given := [name for name, value in settings.items() if value is not None]:
            option = as_option(given[0])
            raise InputError(f"{option} must be left out without --triton. Received: {settings[given[0]]}.")
        _bundle(options, parser)
    else:
        from export.triton import check_repository, write_repository

        check_repository(options.triton, **settings)
        version = write_repository(_bundle(options, parser), options.triton, **settings)
        print(f"triton: {options.triton}, version {version}")
    return 0


def _add_numbers(parser: Parser) -> None:
    parser.add_argument(
        "--target",
        type=Literal["any", "cpu"],
        default="any",
        help="hardware to write the networks for: any, or cpu, which computes large convolutions with half the "
        "multiplications. A GPU does so by itself.",
    )
    parser.add_argument(
        "--quantize",
        type=Literal["int8", "fp16"] | None,
        default=None,
        help="quantize the networks that make pictures: int8, where that is faster on this machine's CPU, or fp16, for "
        "a GPU.",
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


def _add_triton(parser: Parser) -> None:
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


def _bundle(options: Any, parser: Parser) -> Path:
    """The bundle that was asked for, written where it was not there."""
    source = bundle_folder(options.run)
    if (source / FILE_NAME).is_file():
        if options.triton is None or any(options[name] != parser.get_default(name) for name in OF_BUNDLE):
            raise InputError(
                f"the run must be a run directory or a .keras file; a bundle takes --triton alone. Received: {source}."
            )
        return source
    if options.out is None:
        raise InputError("keras-gen export needs --out.")
    quiet_import()

    from export import ProviderCheck, Wish, export_bundle
    from keras_gen.data import import_data

    if options.calibrate is not None:
        import_data(options.calibrate)
    import_own_code_of(source)
    judged = {"data": options.calibrate}
    if options.least_psnr is not None:
        judged["least_psnr"] = options.least_psnr
    wish = Wish(options.quantize, **judged) if options.quantize else None
    check = ProviderCheck(options.check_provider, **judged) if options.check_provider else None
    folder = export_bundle(
        options.run, Path(options.out), options.io, options.target, wish, print, check, options.license
    )
    for name, outputs in Manifest.read(folder).parity.items():
        differences = ", ".join(f"{output} {value:.2g}" for output, value in outputs.items())
        print(f"{name}: largest difference from Keras: {differences}")
    print(f"bundle: {folder}")
    return folder
