"""Pictures per second of `fit` against replicas of one process, and against processes on the loopback address.

All share out the same batch. Each process has one thread for its operators, so that there are cores for as many of
them as the machine has.
"""

from __future__ import annotations

import itertools
import json
import os
import socket
import statistics
import time
from pathlib import Path
from typing import Any

from growing.measuring import child, row, start_child, status, table

BATCH, STEPS, EPOCHS = 64, 20, 6
REPLICAS, WORKERS = (1, 2), (1, 2, 4)
MODELS = {"vae": "VAE 32x32", "gan": "GAN 32x32"}
ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}


def measure_replicas(_: Path | None) -> None:
    """Prints a table for each model."""
    for name, title in MODELS.items():
        rows = [each for count in REPLICAS for each in child("replicas", name, count)]
        table(f"{title}, batch {BATCH}, `fit` under MirroredStrategy: replicas of one process, all cores", rows)


def measure_workers(_: Path | None) -> None:
    """Prints a table for each model."""
    for name, title in MODELS.items():
        rows = [_workers(name, count) for count in WORKERS]
        table(f"{title}, batch {BATCH}, `fit` under MultiWorkerMirroredStrategy: processes of one thread", rows)


def child_of_replicas(name: str, *words: str) -> None:
    """The row of a number of replicas."""
    import tensorflow as tf

    count = int(words[0])
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * count
    )
    _fit(name, "mirrored" if count > 1 else "none", {"replicas": count})


def child_of_workers(name: str, *words: str) -> None:
    """The row of a number of processes, of which this is one."""
    count = int(words[0])
    _fit(name, "multiworker" if count > 1 else "none", {"workers": count})


def _workers(name: str, count: int) -> dict[str, float]:
    """The first one's row, with the memory of all."""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [f"127.0.0.1:{server.getsockname()[1]}" for server in servers]
    for server in servers:
        server.close()
    started = []
    for index in range(count):
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        started.append(start_child("workers", name, count, TF_CONFIG=json.dumps(config), **ONE_THREAD))
    said = [json.loads(one.communicate()[0].splitlines()[-1]) for one in started]
    return said[0] | {"MiB": sum(each["MiB"] for each in said)}


def _fit(name: str, strategy_name: Any, row_of: dict[str, float]) -> None:
    import keras
    from growing.untrained import model

    from keras_gen.data import open_source
    from keras_gen.training.strategies import open_strategy

    strategy, _ = open_strategy(strategy_name, 120)
    with strategy.scope():
        made = model(name)
    ends: list[float] = []

    class Ends(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            ends.append(time.perf_counter())

    batches = open_source("digits", 32).endless(BATCH)
    options = {"steps_per_epoch": STEPS, "epochs": EPOCHS, "shuffle": False, "verbose": 0, "callbacks": [Ends()]}
    made.fit(batches, **options)
    seconds = statistics.median(end - start for start, end in itertools.pairwise(ends))
    row(**row_of, **{"ms a step": 1e3 * seconds / STEPS, "img/s": BATCH * STEPS / seconds, "MiB": status("VmHWM")})
    os._exit(0)  # what TensorFlow shuts down takes longer than the measurement
