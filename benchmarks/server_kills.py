"""Workers of `keras-gen serve` that are ended under load: by SIGTERM, which loses no accepted request, and by SIGKILL.

    python benchmarks/server_kills.py [--rounds 30] [--clients 4]

After SIGTERM no request that the server accepted is lost: as many results arrive at the clients as the workers count,
and no request fails in the engine. A request that came on an open connection while the worker closed it is refused
unread by gRPC (UNAVAILABLE or CANCELLED), and has its answer at the next try. After SIGKILL clients get an error, and
the next request works. About 4 seconds a round.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

import grpc
import psutil
from load.clients import INFER, content
from load.networks import NETWORK, SHAPES, write_bundle
from load.servers import Ours

# What gRPC tells a client when a worker goes away before it has read the request.
UNREAD = ("UNAVAILABLE", "CANCELLED")
COUNTS = re.compile(r"^nv_inference_request_(success|failure)\{.*\} (\S+)$", re.MULTILINE)


class Clients:
    """Threads that send requests one after the other, each on a connection of its own."""

    def __init__(self, address: str, count: int) -> None:
        self.statuses: Counter[str] = Counter()
        self.recovered: list[float] = []
        self._address = address
        self._body = content(NETWORK, (4, *SHAPES["two_conv"]))
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.initial_reconnect_backoff_ms", 100)]
        with grpc.insecure_channel(self._address, options=options) as channel:
            call = channel.unary_unary(INFER)
            failed = 0.0
            while not self._stop.is_set():
                status = self._once(call)
                self.statuses[status] += 1
                if status != "OK":
                    failed = failed or time.monotonic()
                elif failed:
                    self.recovered.append(time.monotonic() - failed)
                    failed = 0.0

    def _once(self, call: grpc.UnaryUnaryMultiCallable) -> str:
        try:
            call(self._body, timeout=20.0)
        except grpc.RpcError as error:
            return f"{error.code().name}: {error.details()}"[:100]  # type: ignore[attr-defined]
        return "OK"


def workers(server: Ours) -> dict[int, float]:
    """Process -> seconds that it has worked, of those that listen."""
    port, found = int(server.grpc.rpartition(":")[2]), {}
    for each in psutil.Process(server.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any(place.laddr.port == port for place in each.net_connections() if place.status == psutil.CONN_LISTEN):
                found[each.pid] = each.cpu_times().user
    return found


def kill(server: Ours, number: int) -> None:
    """Ends the worker that has worked most, and waits for the one in its place."""
    before = workers(server)
    os.kill(max(before, key=lambda pid: before[pid]), number)
    until = time.monotonic() + 60
    while not workers(server).keys() - before.keys():
        if time.monotonic() > until:
            raise SystemExit("no worker was started in its place")
        time.sleep(0.1)


def counts(server: Ours) -> Counter[str]:
    """Requests that all workers, those that have ended too, count as success and failure."""
    with urllib.request.urlopen(f"http://{server.http}/metrics", timeout=30) as answer:
        found: Counter[str] = Counter()
        for name, value in COUNTS.findall(answer.read().decode()):
            found[name] += int(float(value))
    return found


def rounds(server: Ours, number: int, count: int, clients: int, pause: float) -> tuple[Counter[str], list[float]]:
    """Statuses of all requests while workers were ended, and seconds until a client that failed was answered again."""
    load = Clients(server.grpc, clients)
    try:
        for _ in range(count):
            time.sleep(pause)
            kill(server, number)
    finally:
        time.sleep(pause)
        load.stop()
    return load.statuses, load.recovered


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30, help="workers to end by each signal")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds under load before each")
    options = parser.parse_args()
    print("| signal | workers ended | results | results lost | failed | refused unread | longest until answered, s |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        bundle = write_bundle(Path(place) / "two_conv", "two_conv")
        with Ours([bundle], "--workers", "2", "--threads", "1", "--provider", "cpu") as server:
            for number in (signal.SIGTERM, signal.SIGKILL):
                before = counts(server)
                statuses, recovered = rounds(server, number, options.rounds, options.clients, options.pause)
                counted = counts(server)
                counted.subtract(before)
                unread = sum(count for status, count in statuses.items() if status.startswith(UNREAD))
                lost, failed = counted["success"] - statuses["OK"], sum(statuses.values()) - statuses["OK"] - unread
                longest = f"{max(recovered):.2f}" if recovered else "-"
                row = [number.name, options.rounds, statuses["OK"], lost, failed + counted["failure"], unread, longest]
                print(f"| {' | '.join(map(str, row))} |", flush=True)
                for status, count in statuses.items():
                    if status != "OK":
                        print(f"  {count} x {status}")


if __name__ == "__main__":
    main()
