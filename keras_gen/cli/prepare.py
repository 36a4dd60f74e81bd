"""`keras-gen prepare SOURCE --out FOLDER`."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from keras_gen.cli.parser import Parser
from keras_gen.cli.quiet import quiet_import
from serving.errors import InputError
from serving.files import whole_folder


def run(words: Sequence[str]) -> int:
    """Decodes and resizes pictures once, for training that reads them from the disk."""
    options = _parser().parse_args(words)
    out = Path(options.out)
    quiet_import()
    from keras_gen.data import open_stream, prepared

    if out.exists() and not (out / prepared.FILE).exists():
        raise InputError(f"--out must be a new folder, or one that this command has written. Received: {out}.")
    streams = {}
    for split in prepared.SPLITS:
        try:
            streams[split] = open_stream(options.source, options.image_size, options.channels, split)
        except InputError:
            # Many sets have one split alone.
            if split == "train":
                raise
    with whole_folder(out) as folder:
        try:
            prepared.write(folder, options.source, streams)
        except OSError as error:
            free = shutil.disk_usage(out.parent).free / 2**30
            raise InputError(
                f"{out} must be a folder with enough room. Received: {error}; {free:.1f} GiB free."
            ) from error
    for split, stream in streams.items():
        print(f"{split}: {stream.count} pictures")
    print(f"prepared: {out}")
    return 0


def _parser() -> Parser:
    parser = Parser("keras-gen prepare", description="Decodes and resizes pictures once, to train from the disk.")
    parser.add_argument("source", type=str, help="folder:PATH, tfds:NAME or any other source of pictures.")
    parser.add_argument("--out", type=str, required=True, help="folder; train on prepared:FOLDER.")
    parser.add_argument("--image_size", type=int, default=None, help="side of the pictures; the data's own by default.")
    parser.add_argument("--channels", type=int, default=None, help="1 for grey, 3 for RGB; the data's own by default.")
    return parser
