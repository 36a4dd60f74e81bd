"""`keras-gen translate BUNDLE PICTURE --to b --out FILE`, or a folder, or a video."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keras_gen.cli.bundle_options import running_parser
from serving.errors import InputError, require_at_least

LISTED = 20


def run(words: Sequence[str]) -> int:
    """Translates as the command line says; 1 where pictures of a folder could not be."""
    from serving.images import MAX_PIXELS
    from serving.translation.translator import TILE, Translator
    from serving.translation.video import is_video

    parser = running_parser("translate", "Pictures of one domain to another: a file, a folder of them, or a video.")
    parser.add_argument("source", type=str, help="a picture, a folder, or a video.")
    parser.add_argument("--to", type=str | None, default=None, help="the domain to translate to: a or b.")
    parser.add_argument("--out", type=str, required=True, help="a file of the same kind, or a folder for a folder.")
    parser.add_argument("--tile", type=int, default=TILE, help="side of the tiles that larger pictures are cut into.")
    parser.add_argument(
        "--max_pixels", "--max-pixels", type=int, default=MAX_PIXELS, help="a larger picture is refused."
    )
    parser.add_argument("--overwrite", action="store_true", help="of a folder: translate what is there already anew.")
    options = parser.parse_args(words)
    require_at_least(1, max_pixels=options.max_pixels)
    source, out = Path(options.source), Path(options.out)
    if not source.exists():
        raise InputError(f"{source} must be a picture, a folder or a video. Received: no such file.")
    if options.max_pixels > MAX_PIXELS:
        _let_pillow_decode_more()
    translator = Translator(options.bundle, options.provider, options.threads, options.tile)
    if source.is_dir():
        return _folder(translator, source, out, options)
    if is_video(source):
        return _video(translator, source, out, options)
    from serving.translation.files import translate_file

    translate_file(translator, source, out, options.to, options.max_pixels)
    print(f"translated: {out}")
    return 0


def _folder(translator: Any, source: Path, out: Path, options: Any) -> int:
    from serving.translation.files import translate_folder

    try:
        with _bar("img") as progress:
            report = translate_folder(
                translator, source, out, options.to, options.max_pixels, options.overwrite, progress
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"The same command continues {out}.") from None
    failed = list(report.failed.items())
    for _, problem in failed[:LISTED]:
        print(f"keras-gen: {problem}", file=sys.stderr)
    if failed[LISTED:]:
        print(f"keras-gen: and {len(failed) - LISTED} more.", file=sys.stderr)
    print(f"{report.translated} translated, {report.present} were there, {len(failed)} failed: {out}")
    return 1 if failed else 0


def _video(translator: Any, source: Path, out: Path, options: Any) -> int:
    from serving.translation.video import translate_video

    with _bar("frame") as progress:
        frames = translate_video(translator, source, out, options.to, progress)
    print(f"{frames} frames: {out}")
    return 0


@contextmanager
def _bar(unit: str) -> Iterator[Callable[[int], None]]:
    from tqdm import tqdm

    with tqdm(unit=unit, leave=False, disable=not sys.stderr.isatty()) as bar:

        def progress(done: int) -> None:
            bar.update(done)

        yield progress


def _let_pillow_decode_more() -> None:
    """`--max_pixels` decides before Pillow does, which refuses from 180 million pixels on."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
