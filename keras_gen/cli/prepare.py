"""`keras-gen prepare SOURCE --out FOLDER`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import
from serving.common.errors import InputError
from serving.common.files import whole_folder


def run(words: Sequence[str]) -> int:
    """Decodes and resizes pictures once, for training that reads them from the disk."""
    options = _parser().parse_args(words)
    out = Path(options.out)
    quiet_import()
    from keras_gen.cli.reading import reading_domains
    from keras_gen.data import import_data
    from keras_gen.data.preparing import prepare
    from keras_gen.data.sources import prepared

    if out.exists() and not (out / prepared.FILE).exists():
        raise InputError(f"--out must be a new folder, or one that this command has written. Received: {out}.")
    import_data(options.source)
    try:
        with whole_folder(out) as folder:
            shape = (options.image_size, options.channels, options.load_size)
            domains, counts = prepare(folder, options.source, *shape, **reading_domains(options))
    except OSError as error:
        raise InputError(f"{out} must be a folder with enough room. Received: {error}.") from error
    what = "pairs" if domains == prepared.PAIRS else "pictures"
    for split, of_domains in counts.items():
        print(f"{split}: {' and '.join(map(str, of_domains))} {what}")
    print(f"prepared: {out}")
    return 0


def _parser() -> Parser:
    from keras_gen.cli.reading import add_reading
    from keras_gen.data import CHANNELS_HELP, VALUE_RANGE_HELP
    from keras_gen.data.kinds import DOMAINS, OWN_DOMAINS, OWN_SOURCE, SOURCES, described, forms

    one, two = (described(forms(SOURCES, OWN_SOURCE)), described(forms(DOMAINS, OWN_DOMAINS)))
    parser = Parser("keras-gen prepare", description="Decode and resize pictures once, to train from disk.")
    parser.add_argument("source", type=str, help=f"data set. Of one domain: {one} Of two domains: {two}")
    parser.add_argument("--out", type=str, required=True, help="folder to write; train with --data prepared:FOLDER.")
    parser.add_argument(
        "--image_size",
        type=int | str | None,
        default=None,
        help="side of the pictures, or HEIGHTxWIDTH as in 64x256; the data's own size by default.",
    )
    parser.add_argument("--channels", type=int | None, default=None, help=CHANNELS_HELP)
    parser.add_argument(
        "--load_size",
        type=int | str | None,
        default=None,
        help="for two domains: size of the training pictures, of which train takes random crops of --image-size.",
    )
    add_reading(parser, VALUE_RANGE_HELP)
    return parser
