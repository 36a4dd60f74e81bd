"""`keras-gen launch --workers 2 -- train ...`: local workers that train together, to try it out."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import IO

from keras_gen.cli.parser import Parser
from serving.common.errors import InputError, require_at_least

PAUSE = 0.1
PATIENCE = 10.0


def run(words: Sequence[str]) -> int:
    """Starts the workers, passes on what they say, and ends all of them with the first that fails."""
    parser = Parser("keras-gen launch", description="Train in several processes on this machine.")
    parser.add_argument("--workers", type=int, default=2, help="number of processes.")
    place = list(words).index("--") if "--" in words else len(words)
    options = parser.parse_args(list(words[:place]))
    if place == len(words):
        raise InputError(
            "keras-gen launch needs a command after --, as in launch --workers 2 -- train ... "
            f"Received: {' '.join(words) or 'no command'}."
        )
    require_at_least(1, workers=options.workers)
    command = list(words[place + 1 :])
    if command[:1] != ["train"]:
        raise InputError(f"keras-gen launch runs train. Received: {' '.join(command[:1]) or 'no command'}.")
    if not any(word.startswith("--strategy") for word in command):
        command += ["--strategy", "multiworker"]
    return _run_workers(command, options.workers)


def _run_workers(command: list[str], count: int) -> int:
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(count)]
    workers = []
    for index in range(count):
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        workers.append(
            subprocess.Popen(
                [sys.executable, "-m", "keras_gen", *command],
                env={**os.environ, "TF_CONFIG": json.dumps(config), "PYTHONUNBUFFERED": "1"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    listeners = [
        threading.Thread(target=_pass_on, args=(worker.stdout, f"[{index}] ")) for index, worker in enumerate(workers)
    ]
    for listener in listeners:
        listener.start()
    try:
        return _wait(workers)
    finally:
        _end(workers)
        for listener in listeners:
            listener.join()


def _wait(workers: Sequence[subprocess.Popen[str]]) -> int:
    """0 when all have ended well, else the code of the first that has not."""
    while True:
        codes = [worker.poll() for worker in workers]
        failed = [code for code in codes if code]
        if failed:
            # By a signal the code is negative, which a process cannot end with.
            return failed[0] if failed[0] > 0 else 128 - failed[0]
        if all(code == 0 for code in codes):
            return 0
        time.sleep(PAUSE)


def _end(workers: Sequence[subprocess.Popen[str]]) -> None:
    for worker in workers:
        if worker.poll() is None:
            worker.terminate()
    deadline = time.monotonic() + PATIENCE
    for worker in workers:
        try:
            worker.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def _pass_on(lines: IO[str] | None, prefix: str) -> None:
    assert lines is not None
    for line in lines:
        print(f"{prefix}{line}", end="", flush=True)


def _free_ports(count: int) -> list[int]:
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in servers]
    for server in servers:
        server.close()
    return ports
