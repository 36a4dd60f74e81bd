"""`keras-gen translate BUNDLE PICTURE --to b --out FILE`, or a folder, or a video."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from keras_gen.cli.bundle_options import running_parser, settings_of
from keras_gen.cli.ray_options import add_ray, check_ray, doing
from serving.bundle.references import bundle_folder
from serving.common.errors import InputError, require_at_least
from serving.common.exit_codes import ExitCode

LISTED = 20
FrameChoice = Literal["all", "first"]


def run(words: Sequence[str]) -> int:
    """Translates as the command line says; 1 where pictures of a folder, or a part of a video, could not be."""
    from serving.common.images import MAX_PIXELS, let_pillow_decode
    from serving.translation.translator import TILE, Translator

    parser = running_parser("translate", "Translate a picture, a folder of pictures or a video to another domain.")
    parser.add_argument("source", type=str, help="picture, folder of pictures or video.")
    parser.add_argument("--to", type=str | None, default=None, help="domain to translate to: a or b, or its name.")
    parser.add_argument(
        "--out", type=str, required=True, help="file of the same kind as the source, or a folder for a folder."
    )
    parser.add_argument("--tile", type=int, default=TILE, help="larger pictures are translated in tiles of this side.")
    parser.add_argument("--max-pixels", type=int, default=MAX_PIXELS, help="pictures with more pixels are refused.")
    parser.add_argument(
        "--overwrite", type=bool, default=False, help="for a folder: translate again what is there already."
    )
    parser.add_argument(
        "--keep-going", type=bool, default=False, help="for a damaged video: write the frames that can be read."
    )
    parser.add_argument(
        "--frames",
        type=FrameChoice,
        default="all",
        help="of an animation or a TIFF file of several pages: all frames, with their timing, or the first.",
    )
    parser.add_argument(
        "--seed",
        type=int | None,
        default=None,
        help="of a model with noise: the seed of the answer, 0 by default. The same seed gives the same pictures.",
    )
    parser.add_argument(
        "--variants",
        type=int | None,
        default=None,
        help="of a model with noise: write so many answers to each picture, `zebra_1.png` and on for `zebra.png`.",
    )
    add_ray(parser)
    options = parser.parse_args(words)
    require_at_least(1, max_pixels=options.max_pixels)
    source, out = Path(options.source), Path(options.out)
    if not source.exists():
        raise InputError(f"{source} must be a picture, a folder or a video. Received: no such file.")
    check_ray(options, source.is_dir())
    if options.variants is not None:
        require_at_least(1, variants=options.variants)
    if options.ray is not None and (options.seed, options.variants) != (None, None):
        raise InputError("--seed and --variants must be left out with --ray. Received: both or one of them.")
    let_pillow_decode(options.max_pixels)
    if options.ray is not None:
        return _folder(source, out, options)
    translator = Translator(options.bundle, settings_of(options), tile=options.tile)
    worst: int = ExitCode.DONE
    for each, behind in _answers(translator, options):
        worst = max(worst, _one_answer(each, source, out, options, behind))
    return worst


def _answers(translator: Any, options: Any) -> Iterator[tuple[Any, str]]:
    """A translator for each answer that is asked for, and what the names of its files have behind them."""
    if options.variants is None:
        yield (translator if options.seed is None else translator.answering(options.seed)), ""
        return
    for variant in range(options.variants):
        yield translator.answering(options.seed or 0, variant), f"_{variant + 1}"


def _one_answer(translator: Any, source: Path, out: Path, options: Any, behind: str) -> int:
    from serving.translation.files import translate_file, with_stem
    from serving.translation.video import is_video

    if source.is_dir():
        return _folder(source, out, options, translator, behind)
    out = with_stem(out, behind)
    if is_video(source):
        return _video(translator, source, out, options)
    translate_file(translator, source, out, options.to, options.max_pixels, options.frames)
    print(f"translated: {out}")
    return ExitCode.DONE


def _folder(source: Path, out: Path, options: Any, translator: Any = None, behind: str = "") -> int:
    """Translates a folder, on Ray where there is no translator."""
    from serving.common.formats import left_out_text
    from serving.translation.files import translate_folder

    how = (options.to, options.max_pixels, options.overwrite, options.frames)
    try:
        with _bar("img") as progress:
            report = (
                translate_folder(translator, source, out, *how, progress, behind)
                if translator is not None
                else _on_ray(source, out, options, progress)
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"Run the same command again to resume {out}.") from None
    failed = list(report.failed.items())
    for _, problem in failed[:LISTED]:
        print(f"keras-gen: {problem}", file=sys.stderr)
    if failed[LISTED:]:
        print(f"keras-gen: and {len(failed) - LISTED} more.", file=sys.stderr)
    if report.left_out:
        print(f"keras-gen: no pictures that can be read, left out: {left_out_text(report.left_out)}", file=sys.stderr)
    left_out = f", {len(report.left_out)} left out" if report.left_out else ""
    print(f"{report.translated} translated, {report.present} were there, {len(failed)} failed{left_out}: {out}")
    return ExitCode.FAILED if failed else ExitCode.DONE


def _on_ray(source: Path, out: Path, options: Any, progress: Callable[[int], None]) -> Any:
    from serving.bulk.translating import FolderTranslation, missing, translated
    from serving.runtime.sessions import SMALL

    # Workers may be in another folder.
    whole = FolderTranslation(
        bundle=bundle_folder(options.bundle).absolute(),
        source=source.absolute(),
        target=out.absolute(),
        to=options.to,
        overwrite=options.overwrite,
        tile=options.tile,
        max_pixels=options.max_pixels,
        frames=options.frames,
        settings=settings_of(options),
    )
    wanted, report = missing(whole)
    wanted.moved(SMALL).open()  # names a mistake, even where everything is there already
    if wanted.files:
        with doing(wanted, options) as results:
            translated(wanted, results, report, progress)
    return report


def _video(translator: Any, source: Path, out: Path, options: Any) -> int:
    from serving.translation.video import translate_video

    said: list[str] = []
    damage: list[str] = []
    damaged = damage.append if options.keep_going else None
    with _bar("frame") as progress:
        frames = translate_video(translator, source, out, options.to, progress, said.append, damaged)
    for line in said + damage:
        print(f"keras-gen: {line}", file=sys.stderr)
    print(f"{frames} frames: {out}")
    return ExitCode.FAILED if damage else ExitCode.DONE


@contextmanager
def _bar(unit: str) -> Iterator[Callable[[int], None]]:
    from tqdm import tqdm

    with tqdm(unit=unit, leave=False, disable=not sys.stderr.isatty()) as bar:

        def progress(done: int) -> None:
            bar.update(done)

        yield progress
