"""Standing statistics: averages over many batches in place of the moving averages of batch normalization."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import numpy as np

from serving.common.errors import InputError

STATISTICS = ("moving_mean", "moving_variance")


def standing_statistics(network: keras.Model, batches: Iterable[Any]) -> None:
    """Replaces the statistics of all batch normalizations by the averages over some batches in training mode.

    Every batch has the same weight. Other weights that change in a forward pass in training mode, such as the singular
    vectors of spectral normalization, are restored.

    Args:
        network: the network whose statistics are replaced.
        batches: inputs of the network.

    Raises:
        InputError: no batch.

    Source: Brock et al. 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis", appendix A.
    """
    normalizations = [
        layer for layer in network._flatten_layers() if isinstance(layer, keras.layers.BatchNormalization)
    ]
    statistics = [getattr(layer, name) for layer in normalizations for name in STATISTICS]
    changed = {id(variable) for variable in statistics}
    others = [variable for variable in network.non_trainable_variables if id(variable) not in changed]
    before = [variable.numpy() for variable in others]
    sums = [np.zeros(variable.shape, np.float64) for variable in statistics]
    count = 0
    with ExitStack() as stack:
        for layer in normalizations:
            stack.enter_context(_remembering_one_batch(layer))
        for count, batch in enumerate(batches, start=1):  # noqa: B007
            network(batch, training=True)
            for total, variable in zip(sums, statistics, strict=True):
                total += variable.numpy()
    if count == 0:
        raise InputError("standing statistics must be of at least one batch. Received: 0 batches.")
    for variable, old in zip(others, before, strict=True):
        variable.assign(old)
    for variable, total in zip(statistics, sums, strict=True):
        variable.assign(total / count)


@contextmanager
def _remembering_one_batch(layer: keras.layers.BatchNormalization) -> Any:
    """With momentum 0 the moving statistics are those of the last batch; frozen, a layer would ignore the batch."""
    momentum, trainable = layer.momentum, layer.trainable
    layer.momentum, layer.trainable = 0.0, True
    try:
        yield
    finally:
        layer.momentum, layer.trainable = momentum, trainable
