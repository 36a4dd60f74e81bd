"""Processes wait for one another before TensorFlow does, which waits without an end and does not say for whom."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from serving.common.errors import InputError

GO = b"go"
PAUSE = 0.2


def meet(addresses: Sequence[str], index: int, wait: float) -> None:
    """Returns when all processes have called it.

    All others report to the first one, at the address that TensorFlow will use afterwards.

    Args:
        addresses: host:port of each.
        index: of this process.
        wait: seconds.

    Raises:
        InputError: a process did not come up in time; the message says which.
    """
    if len(addresses) == 1:
        return
    deadline = time.monotonic() + wait
    if index == 0:
        _gather(addresses, deadline, wait)
    else:
        _report(addresses[0], index, deadline, wait)


def _gather(addresses: Sequence[str], deadline: float, wait: float) -> None:
    connections: dict[int, socket.socket] = {}
    try:
        with socket.create_server(("", _port(addresses[0])), reuse_port=False) as server:
            while len(connections) < len(addresses) - 1:
                server.settimeout(max(0.001, deadline - time.monotonic()))
                try:
                    connection, _ = server.accept()
                    connection.settimeout(max(0.001, deadline - time.monotonic()))
                    index = int.from_bytes(connection.recv(4), "big")
                except TimeoutError:
                    _late(addresses, [i for i in range(1, len(addresses)) if i not in connections], wait)
                connections[index] = connection
        for connection in connections.values():
            connection.sendall(GO)
    except OSError as error:
        raise InputError(f"worker 0 must be able to listen at {addresses[0]}. Received: {error.strerror}.") from error
    finally:
        for connection in connections.values():
            connection.close()


def _report(chief: str, index: int, deadline: float, wait: float) -> None:
    host, port = chief.rpartition(":")[0], _port(chief)
    while True:
        left = max(0.001, deadline - time.monotonic())
        # Until somebody listens there, or the network is up.
        with suppress(OSError), socket.create_connection((host, port), timeout=left) as connection:
            connection.sendall(index.to_bytes(4, "big"))
            if connection.recv(len(GO)) == GO:
                return
        if time.monotonic() >= deadline:
            _late([chief], [0], wait)
        time.sleep(PAUSE)


def _late(addresses: Sequence[str], missing: Sequence[int], wait: float) -> NoReturn:
    names = ", ".join(f"{index} ({addresses[index]})" for index in missing)
    raise InputError(f"all workers must come up within {wait:g} s (--worker-wait). Received: no worker {names}.")


def _port(address: str) -> int:
    try:
        return int(address.rpartition(":")[2])
    except ValueError:
        raise InputError(f"a worker's address must be host:port. Received: {address!r}.") from None
