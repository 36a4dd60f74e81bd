"""`keras-gen serve` under load, beside KServe's SDK, MLServer and bare ONNX Runtime.

    python benchmarks/serving_load.py --kserve PYTHON --mlserver PYTHON [--seconds 5] [--rounds 3]

PYTHON is the interpreter of an environment with `kserve` and `onnxruntime`, or `mlserver` and `onnxruntime`; a peer
that is left out is not measured. Servers take turns, one process at a time; clients are processes of their own that
send the same bytes to all of them; every network has one thread. Figures are medians of the rounds, ratios the medians
of the ratios within a round. With the defaults and both peers it takes about 4 minutes for `--networks two_conv`.

    python benchmarks/serving_load.py --translator BUNDLE

measures a translator of 256x256 instead: the server's share of the time beside inference.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from load.clients import load
from load.networks import NETWORK, SHAPES, model, write_bundle
from load.servers import Ours, peer

from serving.runtime.sessions import Sessions, Settings, session_of

CLIENTS, ROWS = 8, 32
PROGRAMS = {"kserve": "kserve_rows.py", "mlserver": "mlserver_rows.py"}
Figures = dict[str, float]


def measured(address: str, kind: str, seconds: float) -> Figures:
    """Requests a second of one row by eight clients, and rows a second of 32 by one."""
    one = load("grpc", address, NETWORK, (1, *SHAPES[kind]), CLIENTS, seconds)
    many = load("grpc", address, NETWORK, (ROWS, *SHAPES[kind]), 1, seconds)
    for found in (one, many):
        assert set(found["statuses"]) == {"OK"}, found["statuses"]
    return {"one": one["rate"], "many": many["rate"] * ROWS}


def ours(bundle: Path, kind: str, seconds: float, workers: int) -> Figures:
    """The same of ours, with the rate over HTTP, and the latencies at half of it."""
    with Ours([bundle], "--threads", "1", "--provider", "cpu", "--workers", str(workers)) as server:
        found = measured(server.grpc, kind, seconds)
        found["http"] = load("http", server.http, NETWORK, (1, *SHAPES[kind]), CLIENTS, seconds)["rate"]
        half = load("grpc", server.grpc, NETWORK, (1, *SHAPES[kind]), CLIENTS, seconds, rate=found["one"] / 2)
        return {**found, "p50": half["p50"] * 1e3, "p99": half["p99"] * 1e3}


def direct(kind: str, seconds: float, threads: int) -> Figures:
    """Rows a second of ONNX Runtime, 32 at a time, without a server."""
    session = session_of(model(kind).SerializeToString(), Settings("cpu", threads=threads))
    rows = np.random.default_rng(0).normal(size=(ROWS, *SHAPES[kind])).astype(np.float32)
    session.run(None, {"x": rows})
    count, started = 0, time.perf_counter()
    while (passed := time.perf_counter() - started) < seconds:
        session.run(None, {"x": rows})
        count += 1
    return {"many": count * ROWS / passed}


def network(kind: str, options: argparse.Namespace, place: Path) -> None:
    bundle = write_bundle(place / kind, kind)
    found: dict[str, list[Figures]] = {}
    for turn in range(options.rounds):
        works = {
            f"ours, {workers} worker{'s' if workers > 1 else ''}": lambda workers=workers: ours(
                bundle, kind, options.seconds, workers
            )
            for workers in options.workers
        }
        works["ONNX Runtime, 1 thread"] = lambda: direct(kind, options.seconds, 1)
        works["ONNX Runtime, 2 threads"] = lambda: direct(kind, options.seconds, 2)
        for name, program in PROGRAMS.items():
            if python := getattr(options, name):

                def beside(python: str = python, program: str = program) -> Figures:
                    with peer(python, program, bundle / "network.onnx", place) as address:
                        return measured(address, kind, options.seconds)

                works[name] = beside
        for name in sorted(works, reverse=bool(turn % 2)):
            found.setdefault(name, []).append(works[name]())
    show(kind, found)


def show(kind: str, found: dict[str, list[Figures]]) -> None:
    print(f"\n{kind}: gRPC\n")
    print("| server | 1 row, 8 clients, req/s | 32 rows, 1 client, rows/s | HTTP, req/s | p50, p99 at half load, ms |")
    print("|---|---|---|---|---|")
    for name, rounds in found.items():
        cells = [middle(rounds, key) for key in ("one", "many", "http")]
        late = f"{middle(rounds, 'p50', 1)}, {middle(rounds, 'p99', 1)}" if "p50" in rounds[0] else "-"
        print(f"| {name} | {' | '.join(cells)} | {late} |")
    for mine in (name for name in found if name.startswith("ours")):
        for other in (name for name in found if not name.startswith("ours")):
            for key, what in (("one", "1 row, 8 clients"), ("many", "32 rows, 1 client")):
                if key in found[other][0]:
                    ratios = [a[key] / b[key] for a, b in zip(found[mine], found[other], strict=True)]
                    print(f"{mine} / {other}, {what}: {statistics.median(ratios):.2f}")
        ratios = [each["http"] / each["one"] for each in found[mine]]
        print(f"{mine}, HTTP / gRPC: {statistics.median(ratios):.2f}", flush=True)


def middle(rounds: list[Figures], key: str, digits: int = 0) -> str:
    return f"{statistics.median(each[key] for each in rounds):,.{digits}f}" if key in rounds[0] else "-"


def translator(bundle: Path, seconds: float, rounds: int) -> None:
    """Seconds of one picture by the server, and by the network alone."""
    sessions = Sessions(bundle, Settings("cpu", threads=1))
    name = next(name for name, each in sessions.manifest.networks.items() if "image" in each.inputs)
    (output,) = sessions.manifest.networks[name].outputs
    picture = np.random.default_rng(0).integers(0, 256, (1, 256, 256, 3), np.uint8)
    session = sessions.of(name).session
    shares = []
    with Ours([bundle], "--threads", "1", "--provider", "cpu") as server:
        for _ in range(rounds):
            served = load("grpc", server.grpc, name, picture.shape, 1, seconds, tensor="image")["p50"]
            took = []
            until = time.perf_counter() + seconds
            while time.perf_counter() < until:
                started = time.perf_counter()
                session.run([output], {"image": picture})
                took.append(time.perf_counter() - started)
            bare = statistics.median(took)
            shares.append((served - bare) / served)
            print(f"served {served * 1e3:.1f} ms, network {bare * 1e3:.1f} ms")
    print(f"the server's share: {statistics.median(shares):.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kserve", help="interpreter with kserve")
    parser.add_argument("--mlserver", help="interpreter with mlserver")
    parser.add_argument("--networks", nargs="+", choices=list(SHAPES), default=list(SHAPES))
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], help="numbers of processes of ours")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--translator", type=Path, help="bundle of a translator, instead of all others")
    options = parser.parse_args()
    if options.translator:
        translator(options.translator, options.seconds, options.rounds)
        return
    with tempfile.TemporaryDirectory() as place:
        for kind in options.networks:
            network(kind, options, Path(place))


if __name__ == "__main__":
    main()
