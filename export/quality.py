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
    """The PSNR of the worst picture, in dB, at most `MOST`.

    Args:
        what: the network and its numbers, for the message.
        before: the network in float32 on the CPU.
        after: the network in other numbers.
        feeds: inputs of both.
        least: which PSNR every picture must have, in dB.

    Raises:
        QualityError: a picture is further away.
    """
    measured = min(_lowest_psnr(before, after, feed) for feed in feeds)
    if not measured >= least:
        raise QualityError(f"the network {what} must keep its pictures at {least:g} dB. Received: {measured:.1f} dB.")
    return min(round(measured, 2), MOST)


def _lowest_psnr(before: InferenceSession, after: InferenceSession, feed: Feed) -> float:
    """The lowest of a feed's pictures."""
    name = next(output.name for output in before.get_outputs() if output.name in PICTURES)
    reference, images = (to_float(run_any_number(session, [name], feed)[0]) for session in (before, after))
    return float(psnr(images, reference).min())
