"""`keras-gen serve` at twice the rate that it can serve: memory, answers within deadlines, throughput.

    python benchmarks/server_overload.py [--seconds 600] [--clients 32] [--deadline 1.0]

First it is found how many requests a second are answered when clients send as many as are answered (closed loop, a
fifth of the time), then clients send twice as many. A request is answered or refused before its deadline (with 0.5
seconds for the client's own scheduling); memory is that of the server and its workers, from the end of the first part.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from pathlib import Path

import psutil
from load.clients import load
from load.networks import NETWORK, SHAPES, write_bundle
from load.servers import Ours

SLACK = 0.5
# Rows of a request, so that the network is what the server is busy with.
ROWS = 16


def memory(server: Ours) -> int:
    """Bytes of the server and its workers that no other process has too."""
    parent = psutil.Process(server.process.pid)
    return sum(each.memory_full_info().uss for each in [parent, *parent.children(recursive=True)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--deadline", type=float, default=1.0)
    parser.add_argument("--network", choices=list(SHAPES), default="dcgan")
    options = parser.parse_args()
    shape = (ROWS, *SHAPES[options.network])
    with tempfile.TemporaryDirectory() as place:
        bundle = write_bundle(Path(place) / options.network, options.network)
        # A queue that is full after a fraction of the deadline.
        words = ["--threads", "1", "--provider", "cpu", "--queued-rows", str(ROWS * options.clients // 2)]
        with Ours([bundle], *words) as server:
            first = load("grpc", server.grpc, NETWORK, shape, 4, options.seconds / 5, deadline=10.0)
            start, most = memory(server), 0
            over = threading.Event()

            def watch() -> None:
                nonlocal most
                while not over.wait(1.0):
                    most = max(most, memory(server))

            watching = threading.Thread(target=watch)
            watching.start()
            began = time.monotonic()
            found = load(
                "grpc",
                server.grpc,
                NETWORK,
                shape,
                options.clients,
                options.seconds,
                rate=2 * first["rate"],
                deadline=options.deadline,
            )
            passed = time.monotonic() - began
            over.set()
            watching.join()
    sent = sum(found["statuses"].values())
    print(f"{options.network}, {ROWS} rows a request, {options.clients} clients, {passed:.0f} s")
    print(f"capacity {first['rate']:.0f} req/s; sent {sent / options.seconds:.0f} req/s")
    print(f"answered {found['rate']:.0f} req/s, {found['rate'] / first['rate']:.2f} of capacity")
    print(f"statuses {found['statuses']}")
    print(f"longest {found['longest']:.2f} s, of {options.deadline:.2f} s and {SLACK} s of slack")
    print(f"memory {start / 2**20:.0f} MiB, {max(0, most - start) / 2**20:+.0f} MiB at most afterwards")


if __name__ == "__main__":
    main()
