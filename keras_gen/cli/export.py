"""`keras-gen export RUN --out BUNDLE`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import


def run(words: Sequence[str]) -> int:
    """Exports as the command line says."""
    parser = Parser("keras-gen export", description="Write a bundle of a trained model, checked against Keras.")
    parser.add_argument("run", type=str, help="run directory, or a .keras file.")
    parser.add_argument("--out", type=str, required=True, help="folder to write; a bundle there is replaced.")
    parser.add_argument(
        "--io",
        type=Literal["uint8", "float"],
        default="uint8",
        help="pictures at the border: uint8 in 0..255, or float in [-1, 1].",
    )
    parser.add_argument(
        "--target",
        type=Literal["any", "cpu"],
        default="any",
        help="what the networks are written for: cpu computes large convolutions with half the multiplications, which "
        "a GPU does by itself.",
    )
    parser.add_argument(
        "--quantize",
        type=Literal["int8", "fp16"] | None,
        default=None,
        help="write networks that make pictures in 8-bit numbers, where those are faster on this machine's CPU, or in "
        "16-bit floats, for a GPU.",
    )
    parser.add_argument(
        "--least_psnr",
        type=float,
        default=30.0,
        help="with --quantize: how near pictures must be to those of float32, in dB; else nothing is written.",
    )
    parser.add_argument(
        "--calibrate",
        type=str | None,
        default=None,
        help="with --quantize: the data set to measure on, as in train; not needed by what is drawn from a prior.",
    )
    options = parser.parse_args(words)
    quiet_import()

    from export import Wish, export_bundle
    from serving.manifest import Manifest

    wish = Wish(options.quantize, options.least_psnr, options.calibrate) if options.quantize else None
    folder = export_bundle(options.run, Path(options.out), options.io, options.target, wish, print)
    for name, outputs in Manifest.read(folder).parity.items():
        differences = ", ".join(f"{output} {value:.2g}" for output, value in outputs.items())
        print(f"{name}: largest difference from Keras: {differences}")
    print(f"bundle: {folder}")
    return 0
