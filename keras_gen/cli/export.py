"""`keras-gen export RUN --out BUNDLE`, and `--triton DIR` for a Triton model repository of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from keras_gen.cli.own_code import import_own_code_of
from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import
from keras_gen.cli.writing import add_numbers, add_triton, told, wishes_of, write
from serving.bundle.manifest import FILE_NAME
from serving.bundle.references import bundle_folder
from serving.common.errors import InputError

NUMBERS = ("target", "quantize", "least_psnr", "calibrate", "check_provider")
OF_BUNDLE = ("out", "io", "space", "layer_noise", *NUMBERS, "license", "codes", "examples")


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
        "--space",
        type=Literal["z", "w"],
        default="z",
        help="latent of a model with a style-based generator: z, what it was trained with, or w, the style that it "
        "makes of it, which can be truncated.",
    )
    parser.add_argument(
        "--layer_noise",
        type=Literal["fixed", "drawn"],
        default="fixed",
        help="noise of such a generator's layers: fixed, or drawn with every picture from its seed.",
    )
    add_numbers(parser)
    add_triton(parser)
    options = parser.parse_args(words)
    write(options, lambda: _bundle(options, parser))
    return 0


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

    from export import export_bundle

    wishes = wishes_of(options)
    import_own_code_of(source)
    wishes |= {"space": options.space, "layer_noise": options.layer_noise}
    return told(export_bundle(options.run, Path(options.out), options.io, options.target, say=print, **wishes))
