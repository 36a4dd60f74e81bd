"""`keras-gen bundle --decoder generator.keras --out BUNDLE`: networks that were not trained with keras-gen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import
from keras_gen.cli.spelling import as_option
from keras_gen.cli.writing import add_numbers, add_triton, told, wishes_of, write
from serving.common.errors import InputError

NETWORKS = {
    "decoder": "network from latents to pictures, such as the generator of a GAN",
    "encoder": "network from pictures to codes",
    "translator": "network from pictures to pictures of another domain, of the same size",
    "translator_back": "network that translates back",
    "classifier": "network from pictures to classes",
}
# Options of one value for a network, and the same name in `bundle_networks`.
SAID = ("channels_order", "layout", "latent", "label", "scores", "to", "to_back", "name", "signature")


def run(words: Sequence[str]) -> int:
    """Writes the bundle that the command line says."""
    parser = _parser()
    options = parser.parse_args(words)
    write(options, lambda: _bundle(options))
    return 0


def _bundle(options: Any) -> Path:
    given = {name: options[name] for name in NETWORKS if options[name] is not None}
    said = {name: options[name] for name in SAID}
    for name in ("range", "output_range", "latent_range"):
        said[name] = None if options[name] is None else _numbers(name, options[name], 2)
    for name in ("mean", "std"):
        said[name] = () if options[name] is None else _numbers(name, options[name])
    shape = options.image_shape
    said["image_shape"] = None if shape is None else tuple(int(side) for side in _numbers("image_shape", shape, 3))
    if said["latent_range"] is None:
        del said["latent_range"]
    said |= {f"{side}s": _pairs(side, options[side]) for side in ("input", "output")}
    quiet_import()
    from export import bundle_networks

    wishes = wishes_of(options)
    classes, custom = _names(options.classes), _names(options.custom)
    folder = bundle_networks(
        Path(options.out), **given, classes=classes, custom=custom, target=options.target, say=print, **wishes, **said
    )
    return told(folder)


def _numbers(name: str, text: str, count: int | None = None) -> tuple[float, ...]:
    """Numbers with commas between them."""
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if not numbers or (count is not None and len(numbers) != count):
        what = "numbers" if count is None else f"{count} numbers"
        raise InputError(f"{as_option(name)} must be {what} with commas between them. Received: {text}.")
    return numbers


def _names(text: str | None) -> tuple[str, ...]:
    """Names with commas between them."""
    return () if text is None else tuple(name.strip() for name in text.split(","))


def _pairs(side: str, text: str | None) -> dict[str, str]:
    """`name=role` each."""
    pairs = _names(text)
    for pair in pairs:
        if "=" not in pair:
            raise InputError(f"--{side} must be name=role, as in {side}_1=latent. Received: {pair}.")
    return dict(pair.rsplit("=", 1) for pair in pairs)


def _parser() -> Parser:
    parser = Parser(
        "keras-gen bundle",
        description="Write a bundle of networks that were not trained with keras-gen, checked against them. A network "
        "is a .keras, .h5 or .onnx file, or the folder of a SavedModel.",
    )
    for name, what in NETWORKS.items():
        parser.add_argument(f"--{name}", type=str | None, default=None, help=f"{what}.")
    parser.add_argument(
        "--out", type=str, required=True, help="folder to write the bundle to; a bundle that is there is replaced."
    )
    _add_meaning(parser)
    _add_roles(parser)
    add_numbers(parser)
    add_triton(parser)
    return parser


def _add_meaning(parser: Parser) -> None:
    for name, what in (
        ("range", "numbers of the networks' pictures that are black and white, LOW,HIGH, such as -1,1 or 0,255."),
        ("output_range", "the same of the pictures that come out, where it is another range."),
        ("mean", "what is subtracted from pictures after --range: one number for each channel, with commas."),
        ("std", "what they are divided by then."),
        ("image_shape", "HEIGHT,WIDTH,CHANNELS, for a network of pictures in one row of numbers, or of any size."),
        ("latent_range", "lowest and highest latent of --latent uniform; -1,1 by default."),
    ):
        parser.add_argument(f"--{name}", type=str | None, default=None, help=what)
    parser.add_argument(
        "--channels_order", type=Literal["rgb", "bgr"], default="rgb", help="order of the networks' channels."
    )
    parser.add_argument(
        "--layout",
        type=Literal["nhwc", "nchw"] | None,
        default=None,
        help="channels last, nhwc, or channels first, nchw; told from the network by default.",
    )
    parser.add_argument(
        "--latent",
        type=Literal["standard_normal", "uniform", "none"],
        default="standard_normal",
        help="distribution that the decoder's latents are drawn from; none for a decoder of codes alone.",
    )


def _add_roles(parser: Parser) -> None:
    parser.add_argument(
        "--label",
        type=Literal["index", "one_hot"] | None,
        default=None,
        help="how a network is told the class: its number, or 1 for it and 0 for the others.",
    )
    parser.add_argument(
        "--scores",
        type=Literal["probabilities", "logits"] | None,
        default=None,
        help="what a classifier gives; told from the network by default.",
    )
    for side, roles in (
        ("input", "latent, label or image"),
        ("output", "image, code, mean, log_variance or probabilities"),
    ):
        parser.add_argument(
            f"--{side}",
            type=str | None,
            default=None,
            help=f"which {side} of a network is which, NAME=ROLE, several with commas; roles are {roles}.",
        )
    for name, what in (
        ("classes", "names of the classes in the order of their labels, with commas."),
        ("to", "what the pictures of the translator are called, such as mosaic."),
        ("to_back", "the same of the translator back."),
        ("name", "name of the model; that of the first file by default."),
        ("signature", "signature of a SavedModel; serving_default by default."),
        (
            "custom",
            "module with classes that a .keras or .h5 file names, from the current folder; several with commas.",
        ),
    ):
        parser.add_argument(f"--{name}", type=str | None, default=None, help=what)
