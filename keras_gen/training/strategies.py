"""Devices and processes that a training is shared out to."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, get_args

import tensorflow as tf

from keras_gen.training.option_values import StrategyName
from keras_gen.training.rendezvous import meet
from serving.common.errors import InputError, require_among

VARIABLE = "TF_CONFIG"
EXAMPLE = '{"cluster": {"worker": ["host:port", "host:port"]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True)
class Workers:
    """Processes that train together, and which of them this is.

    Attributes:
        addresses: host:port of each.
        index: of this one; the first is the chief.
    """

    addresses: tuple[str, ...]
    index: int

    @property
    def chief(self) -> bool:
        """Whether this process writes the run directory."""
        return self.index == 0


ALONE = Workers(("localhost",), 0)


def open_strategy(name: StrategyName, wait: float) -> tuple[tf.distribute.Strategy, Workers]:
    """A strategy by name, and the processes that it spans.

    Args:
        name: `none`; `mirrored`, all devices of this machine; `multiworker`, the processes that `TF_CONFIG` names.
        wait: seconds that another process may take to come up.

    Raises:
        InputError: a single device for `mirrored`, a `TF_CONFIG` that is missing or malformed, a process that does not
            come up in time.
    """
    require_among(get_args(StrategyName), strategy=name)
    if name == "none":
        return tf.distribute.get_strategy(), ALONE
    if name == "mirrored":
        return _mirrored(), ALONE
    workers = read_workers(os.environ.get(VARIABLE))
    meet(workers.addresses, workers.index, wait)
    return tf.distribute.MultiWorkerMirroredStrategy(), workers


def read_workers(text: str | None) -> Workers:
    """The processes that a `TF_CONFIG` names.

    Raises:
        InputError: it is missing, no JSON, or does not say who this is.
    """
    if not text:
        raise InputError(f"{VARIABLE} must name the workers, as in {EXAMPLE}. Received: the variable is not set.")
    try:
        config: Any = json.loads(text)
        addresses, task = config["cluster"]["worker"], config["task"]
        kind, index = task["type"], task["index"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{VARIABLE} must be JSON, as in {EXAMPLE}. Received: {type(error).__name__}: {error}."
        ) from error
    if not isinstance(addresses, list) or not all(isinstance(a, str) and ":" in a for a in addresses) or not addresses:
        raise InputError(f"{VARIABLE} must have a list of host:port under cluster.worker. Received: {addresses!r}.")
    if kind != "worker" or set(config["cluster"]) != {"worker"}:
        raise InputError(f"{VARIABLE} must have workers alone. Received: {sorted(config['cluster'])}, task {kind!r}.")
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(addresses):
        raise InputError(f"{VARIABLE} must have a task.index of 0 to {len(addresses) - 1}. Received: {index!r}.")
    return Workers(tuple(addresses), index)


def _mirrored() -> tf.distribute.Strategy:
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    devices = [device.name for device in tf.config.list_logical_devices(kind)]
    if len(devices) < 2:
        raise InputError(f"--strategy mirrored must have two devices or more. Received: {len(devices)} {kind}.")
    # The default collectives on logical devices of a CPU fail now and then.
    reduction = tf.distribute.ReductionToOneDevice() if kind == "CPU" else None
    return tf.distribute.MirroredStrategy(devices, cross_device_ops=reduction)
