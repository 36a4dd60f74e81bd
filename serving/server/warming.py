"""Networks are run once before anybody asks, so that the first one who does not wait until they are open."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import numpy as np

from serving.bundle.manifest import Manifest, Tensor
from serving.bundle.names import NOISE
from serving.server.batching.computing import run_stage
from serving.server.catalogue import Bundle, Served
from serving.server.plans import Stage

log = logging.getLogger(__name__)


def warm_up(bundle: Bundle, models: list[Served], measured: Callable[[Bundle, Stage, float], object]) -> None:
    """Opens every network that these models need, and runs it twice for one row.

    Args:
        bundle: that they are of.
        models: of the bundle.
        measured: is told of every network how many seconds the second run took.

    Raises:
        InputError: a network that is damaged or cannot be opened.
    """
    stages = {stage.network: stage for served in models for stage in served.plan.stages}
    for stage in stages.values():
        bundle.opened.sessions.of(stage.network, small=stage.network == NOISE)
        inputs = bundle.manifest.networks[stage.network].inputs
        feed = {name: _blank(tensor, bundle.manifest) for name, tensor in inputs.items()}
        try:
            run_stage(bundle, stage, feed, 1)
            started = time.monotonic()
            run_stage(bundle, stage, feed, 1)
            measured(bundle, stage, time.monotonic() - started)
        except Exception as error:  # it may take no such input; the first request will tell
            log.warning("%s/%s could not be run before the first request: %s", bundle.name, stage.network, error)


def _blank(tensor: Tensor, manifest: Manifest) -> np.ndarray:
    """One row of a picture of the manifest's size, or of numbers that every network takes."""
    sizes = {"height": manifest.image.height, "width": manifest.image.width}
    axes = [axis if isinstance(axis, int) else sizes.get(axis, 1) for axis in tensor.axes]
    return np.zeros(axes, tensor.dtype) if axes else np.ones((), tensor.dtype)
