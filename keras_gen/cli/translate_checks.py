"""Options of `keras-gen translate` that go together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keras_gen.cli.ray_options import check_ray
from serving.common.errors import InputError, require_at_least


def check_translate(options: Any) -> None:
    """Raises InputError for options that do not go together, before a bundle is read."""
    from serving.translation.video import is_video

    require_at_least(1, max_pixels=options.max_pixels, enlarge=1 if options.enlarge is None else options.enlarge)
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
    _check_answers(options)
    if options.steady and not frames_come and not (source.is_file() and is_video(source)):
        raise InputError(f"--steady must be left out for what is not a video. Received: {source}.")
    if options.mask is None and options.mask_edge:
        raise InputError(f"--mask-edge must be left out without --mask. Received: {options.mask_edge}.")
    if options.mask is not None and options.ray is not None:
        raise InputError(f"--mask must be left out with --ray. Received: {options.mask}.")
    if options.attention is not None and (frames_come or options.ray is not None or is_video(source)):
        raise InputError(
            f"--attention must be left out for a video, a camera, raw frames and --ray. Received: {options.attention}."
        )
    if options.enlarge is not None and options.ray is not None:
        raise InputError(f"--enlarge must be left out with --ray. Received: {options.enlarge}.")


def _check_answers(options: Any) -> None:
    if options.variants is not None:
        require_at_least(1, variants=options.variants)
        if options.source is None:
            raise InputError(f"--variants must be left out with --camera and --raw. Received: {options.variants}.")
    if options.ray is not None and (options.seed, options.variants) != (None, None):
        raise InputError("--seed and --variants must be left out with --ray. Received: both or one of them.")
