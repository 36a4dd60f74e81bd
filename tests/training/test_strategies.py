from __future__ import annotations

import json
import socket
import threading
import time

import pytest
import tensorflow as tf

from keras_gen.training.rendezvous import meet
from keras_gen.training.strategies import Workers, open_strategy, read_workers
from serving import InputError
from tests.harness import free_addresses


def config(workers=("a:1", "b:2"), index=1, kind="worker"):
    return json.dumps({"cluster": {"worker": list(workers)}, "task": {"type": kind, "index": index}})


def test_workers_are_read_from_the_environment():
    assert read_workers(config()) == Workers(("a:1", "b:2"), 1)
    assert [read_workers(config(index=index)).chief for index in (0, 1)] == [True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "TF_CONFIG must name the workers, as in {"),
        ("", "Received: the variable is not set"),
        ("{", "TF_CONFIG must be JSON, as in .* Received: JSONDecodeError"),
        ("[]", "Received: TypeError"),
        ('{"cluster": {}}', "Received: KeyError: 'worker'"),
        (config(workers=()), "a list of host:port under cluster.worker. Received: \\[\\]"),
        (config(workers=("a",)), "a list of host:port under cluster.worker. Received: \\['a'\\]"),
        (config(index=2), "a task.index of 0 to 1. Received: 2"),
        (config(index="0"), "a task.index of 0 to 1. Received: '0'"),
        (config(kind="chief"), "must have workers alone. Received: \\['worker'\\], task 'chief'"),
    ],
)
def test_a_malformed_configuration_is_named(text, message):
    with pytest.raises(InputError, match=message):
        read_workers(text)


def call(places, indices, wait, late=0.0):
    """What each worker's call of `meet` ends with, and when: None or its message, and seconds."""
    ended = {}

    def one(index):
        time.sleep(late * index)
        try:
            meet(places, index, wait)
            ended[index] = None, time.monotonic()
        except InputError as error:
            ended[index] = str(error), time.monotonic()

    threads = [threading.Thread(target=one, args=(index,)) for index in indices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def test_workers_go_on_when_all_are_there():
    begun = time.monotonic()
    ended = call(free_addresses(3), [0, 1, 2], wait=20, late=0.3)
    assert [message for message, _ in ended.values()] == [None] * 3
    assert min(at for _, at in ended.values()) - begun > 0.5


def test_a_worker_that_does_not_come_is_named():
    places = free_addresses(4)
    ended = call(places, [0, 2], wait=0.8)
    expected = (
        f"all workers must come up within 0.8 s (--worker-wait). Received: no worker 1 ({places[1]}), 3 ({places[3]})."
    )
    assert ended[0][0] == expected
    assert ended[2][0] is not None


def test_a_chief_that_does_not_come_is_named():
    places = free_addresses(2)
    assert f"no worker 0 ({places[0]})" in call(places, [1], wait=0.5)[1][0]


def test_a_taken_address_is_named():
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"127.0.0.1:{server.getsockname()[1]}"
        assert f"worker 0 must be able to listen at {place}" in call([place, "127.0.0.1:1"], [0], wait=1)[0][0]


def test_strategies_by_name():
    assert open_strategy("none", 1)[0] is tf.distribute.get_strategy()
    assert open_strategy("mirrored", 1)[0].num_replicas_in_sync == 4
    with pytest.raises(InputError, match="Did you mean 'mirrored'"):
        open_strategy("mirored", 1)
