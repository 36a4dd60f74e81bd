"""`keras-gen translate BUNDLE PICTURE --to b --out FILE`, or a folder, a video, a camera or raw frames."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from keras_gen.cli.bundle_options import running_parser, settings_of
from keras_gen.cli.parser import Parser
from keras_gen.cli.ray_options import add_ray, doing
from keras_gen.cli.translate_checks import check_translate
from serving.bundle.references import bundle_folder
from serving.common.errors import InputError
from serving.common.exit_codes import ExitCode

LISTED = 20
FrameChoice = Literal["all", "first"]


def run(words: Sequence[str]) -> int:
    """Translates as the command line says; 1 where pictures of a folder, or a part of a video, could not be."""
    from serving.common.images import MAX_PIXELS, let_pillow_decode
    from serving.translation.translator import TILE, Translator

    options = _parser(MAX_PIXELS, TILE).parse_args(words)
    check_translate(options)
    let_pillow_decode(options.max_pixels)
    source, out = Path(options.source or ""), Path(options.out or "")
    if options.ray is not None:
        return _folder(source, out, options)
    translator = Translator(options.bundle, settings_of(options), tile=options.tile)
    options.enlarge = translator.enlarges(options.to) if options.enlarge is None else options.enlarge
    if options.source is None:
        return _stream(translator if options.seed is None else translator.answering(options.seed), options)
    worst: int = ExitCode.DONE
    for each, behind in _answers(translator, options):
        worst = max(worst, _one_answer(each, source, out, options, behind))
    return worst


def _parser(most_pixels: int, tile: int) -> Parser:
    parser = running_parser("translate", "Translate a picture, a folder of pictures or a video to another domain.")
    parser.add_argument(
        "source", type=str | None, nargs="?", default=None, help="picture, folder of pictures or video."
    )
    parser.add_argument("--to", type=str | None, default=None, help="domain to translate to: a or b, or its name.")
    parser.add_argument(
        "--out",
        type=str | None,
        default=None,
        help="file of the same kind as the source, or a folder for a folder; of a camera a video, or - for raw frames.",
    )
    parser.add_argument("--tile", type=int, default=tile, help="larger pictures are translated in tiles of this side.")
    parser.add_argument("--max-pixels", type=int, default=most_pixels, help="pictures with more pixels are refused.")
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
        "--steady", type=bool, default=False, help="for frames: what does not change in them does not flicker either."
    )
    parser.add_argument(
        "--mask",
        type=str | None,
        default=None,
        help="picture of what is translated (white) and what is kept (black), or for a folder, a folder of them.",
    )
    parser.add_argument("--mask-edge", type=int, default=0, help="pixels over which the border of a mask is softened.")
    parser.add_argument(
        "--attention",
        type=str | None,
        default=None,
        help="of a model with attention: write where a picture was translated, to this file, or folder for a folder.",
    )
    parser.add_argument(
        "--enlarge",
        type=int | None,
        default=None,
        help="show each pixel as so many by so many first, for a network that enlarges; by default as its data "
        "smaller:SOURCE was made smaller, and not at all for others.",
    )
    parser.add_argument(
        "--camera",
        type=str | None,
        default=None,
        help="in place of a source: number or device of a camera, FORMAT:NAME of FFmpeg's devices, or a URL.",
    )
    parser.add_argument(
        "--raw", type=str | None, default=None, help="in place of a source: raw RGB frames of 640x480 through a pipe."
    )
    parser.add_argument(
        "--count", type=int | None, default=None, help="with --camera or --raw: how many frames; until the end."
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
    return parser


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
    attention = None if options.attention is None else with_stem(Path(options.attention), behind)
    translate_file(translator, source, out, options.to, options.max_pixels, options.frames, *_kept(options), attention)
    print(f"translated: {out}")
    return ExitCode.DONE


def _masks(options: Any) -> Any:
    from serving.translation.masks import Masks

    return None if options.mask is None else Masks(Path(options.mask), options.mask_edge)


def _kept(options: Any) -> tuple[Any, int]:
    return _masks(options), options.enlarge


def _mask(options: Any) -> Any:
    """The one mask of all frames."""
    masks = _masks(options)
    if masks is not None and masks.place.is_dir():
        raise InputError(f"--mask must be a picture where frames are translated. Received: the folder {masks.place}.")
    return None if masks is None else masks.of(masks.place)


def _stream(translator: Any, options: Any) -> int:
    """Translates what comes until it ends, enough is there, or the user presses Ctrl-C."""
    from serving.translation.steady import Steady
    from serving.translation.streams import frames_of, translate_camera, translate_raw, until
    from serving.translation.video import Work, maker

    steady = Steady(translator, options.to) if options.steady else None
    make = maker(translator, options.to, steady, _mask(options), options.enlarge)
    with _bar("frame") as progress, _stopped() as stopped:
        work = Work(make, options.to, until(options.count, stopped), progress, _say)
        if options.raw is not None:
            size = frames_of(options.raw)
            translate_raw(translator, sys.stdin.buffer, sys.stdout.buffer, size, work)
            return ExitCode.DONE
        target = sys.stdout.buffer if options.out == "-" else Path(options.out)
        frames = translate_camera(translator, options.camera, target, work)
    if options.out != "-":
        print(f"{frames} frames: {options.out}")
    return ExitCode.DONE


@contextmanager
def _stopped() -> Iterator[Callable[[], bool]]:
    """Whether the user has pressed Ctrl-C, after which what is there is finished."""
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


def _say(line: str) -> None:
    print(f"keras-gen: {line}", file=sys.stderr)


def _folder(source: Path, out: Path, options: Any, translator: Any = None, behind: str = "") -> int:
    """Translates a folder, on Ray where there is no translator."""
    from serving.common.formats import left_out_text
    from serving.translation.files import translate_folder

    how = (options.to, options.max_pixels, options.overwrite, options.frames)
    attention = None if options.attention is None else Path(options.attention)
    try:
        with _bar("img") as progress:
            report = (
                translate_folder(translator, source, out, *how, progress, *_kept(options), behind, attention)
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

    mask = _mask(options)
    said: list[str] = []
    damage: list[str] = []
    damaged = damage.append if options.keep_going else None
    with _bar("frame") as progress:
        frames = translate_video(
            translator, source, out, options.to, progress, said.append, damaged, options.steady, mask, options.enlarge
        )
    for line in said + damage:
        _say(line)
    print(f"{frames} frames: {out}")
    return ExitCode.FAILED if damage else ExitCode.DONE


@contextmanager
def _bar(unit: str) -> Iterator[Callable[[int], None]]:
    from tqdm import tqdm

    with tqdm(unit=unit, leave=False, disable=not sys.stderr.isatty()) as bar:

        def progress(done: int) -> None:
            bar.update(done)

        yield progress
