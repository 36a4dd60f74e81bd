"""How near the pictures of a network that computes in other numbers must stay, and how near they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from serving.bundle.names import PICTURES
from serving.common.errors import InputError
from serving.common.images import to_float
from serving.latents.distortion import psnr
from serving.runtime.one_by_one import run_any_number

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Feed = Mapping[str, np.ndarray]
# What stands in a manifest for pictures that are equal.
MOST = 999.0


class QualityError(RuntimeError):
    """The pictures of a network in other numbers differ too much; the message has the PSNR."""


def check_least_psnr(least: float) -> None:
    """Raises InputError for what no pictures can be held to."""
    if not least > 0:
        raise InputError(f"`least_psnr` must be above 0 dB. Received: {least}.")


def kept_psnr(
    what: str, before: InferenceSession, after: InferenceSession, feeds: Iterable[Feed], least: float
) -> float:
    """The PSNR of the worst picture, in dB, at most `MOST`; of a network that gives numbers, that of its worst output.

    Args:
        what: the network and its numbers, for the message.
        before: the network in float32 on the CPU.
        after: the network in other numbers.
        feeds: inputs of both.
        least: which PSNR every picture must have, in dB.

    Raises:
        QualityError: a picture is further away.
    """
    name = _pictures(before)
    if name is None:
        measured = _psnr_of_numbers(before, after, feeds)
    else:
        measured = min(_lowest_psnr(name, before, after, feed) for feed in feeds)
    if not measured >= least:
        kept = "numbers" if name is None else "pictures"
        raise QualityError(f"the network {what} must keep its {kept} at {least:g} dB. Received: {measured:.1f} dB.")
    return min(round(measured, 2), MOST)


def _lowest_psnr(name: str, before: InferenceSession, after: InferenceSession, feed: Feed) -> float:
    """The lowest of a feed's pictures, the output `name`."""
    reference, images = (to_float(run_any_number(session, [name], feed)[0]) for session in (before, after))
    return float(psnr(images, reference).min())


def _pictures(session: InferenceSession) -> str | None:
    """The output that is a picture; None where there is none."""
    return next((output.name for output in session.get_outputs() if output.name in PICTURES), None)


def _psnr_of_numbers(before: InferenceSession, after: InferenceSession, feeds: Iterable[Feed]) -> float:
    """The PSNR of the worst output over all feeds, whose peak is the output's largest absolute value."""
    names = [output.name for output in before.get_outputs()]
    runs = [[run_any_number(session, names, feed) for session in (before, after)] for feed in feeds]
    outputs = [[np.concatenate([run[side][at] for run in runs]) for side in (0, 1)] for at in range(len(names))]
    return min(_psnr(*both) for both in outputs)


def _psnr(reference: np.ndarray, numbers: np.ndarray) -> float:
    error = np.sqrt(np.square(reference.astype(np.float64) - numbers).mean())
    with np.errstate(divide="ignore"):
        return float(20.0 * np.log10(np.abs(reference).max() / error))
