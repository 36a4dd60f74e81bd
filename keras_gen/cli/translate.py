"""`keras-gen translate BUNDLE PICTURE --to b --out FILE`, or a folder, a video, a camera or raw frames."""

from __future__ import annotations

import signal
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
    from serving.translation.video import is_video

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
        "--enlarge",
        type=int,
        default=1,
        help="for a network that enlarges: 2 or 4 times the sides, as its data smaller:SOURCE was made smaller.",
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
    add_ray(parser)
    options = parser.parse_args(words)
    _check(options)
    let_pillow_decode(options.max_pixels)
    source, out = Path(options.source or ""), Path(options.out or "")
    if options.ray is not None:
        return _folder(source, out, options)
    translator = Translator(options.bundle, settings_of(options), tile=options.tile)
    if options.source is None:
        return _stream(translator, options)
    if source.is_dir():
        return _folder(source, out, options, translator)
    if is_video(source):
        return _video(translator, source, out, options)
    from serving.translation.files import translate_file

    translate_file(translator, source, out, options.to, options.max_pixels, options.frames, *_kept(options))
    print(f"translated: {out}")
    return 0


def _check(options: Any) -> None:
    """Raises InputError for options that do not go together, before a bundle is read."""
    from serving.translation.video import is_video

    require_at_least(1, max_pixels=options.max_pixels, enlarge=options.enlarge)
    given = {"a source": options.source, "--camera": options.camera, "--raw": options.raw}
    named = [name for name, value in given.items() if value is not None]
    if len(named) != 1:
        raise InputError(f"one of {', '.join(given)} must be given. Received: {' and '.join(named) or 'none'}.")
    if (options.out is None) != (options.raw is not None):
        wanted = "left out with --raw, which writes to standard output" if options.raw is not None else "given"
        raise InputError(f"--out must be {wanted}. Received: {options.out or 'nothing'}.")
    frames_come = options.source is None
    if options.count is not None:
        require_at_least(1, count=options.count)
        if not frames_come:
            raise InputError(f"--count must be left out without --camera and --raw. Received: {options.count}.")
    source = Path(options.source or "")
    if not frames_come and not source.exists():
        raise InputError(f"{source} must be a picture, a folder or a video. Received: no such file.")
    check_ray(options, source.is_dir() and not frames_come)
    if options.steady and not frames_come and not (source.is_file() and is_video(source)):
        raise InputError(f"--steady must be left out for what is not a video. Received: {source}.")
    if options.mask is None and options.mask_edge:
        raise InputError(f"--mask-edge must be left out without --mask. Received: {options.mask_edge}.")
    if options.mask is not None and options.ray is not None:
        raise InputError(f"--mask must be left out with --ray. Received: {options.mask}.")
    if options.enlarge > 1 and options.ray is not None:
        raise InputError(f"--enlarge must be left out with --ray. Received: {options.enlarge}.")


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


def _folder(source: Path, out: Path, options: Any, translator: Any = None) -> int:
    """Translates a folder, on Ray where there is no translator."""
    from serving.common.formats import left_out_text
    from serving.translation.files import translate_folder

    how = (options.to, options.max_pixels, options.overwrite, options.frames)
    try:
        with _bar("img") as progress:
            report = (
                translate_folder(translator, source, out, *how, progress, *_kept(options))
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
