"""The server against requests that are wrong, with right ones beside them.

    python -m venv /tmp/fuzzing && /tmp/fuzzing/bin/pip install schemathesis
    python -m benchmarks.fuzzing_server --requests 10000 --schemathesis /tmp/fuzzing/bin/schemathesis

`keras-gen serve` runs in a process of its own. Hypothesis writes messages as they stand on the wire (JSON, the binary
extension, lengths that lie, chunks), and Schemathesis, in an environment of its own, requests by the OpenAPI document.
Two neighbours send right requests all the while, whose answers are compared to the byte. Printed are the answers by
status, as the server's own log has them, what the neighbours got, and how the memory of the server grew.
"""

from __future__ import annotations

import argparse
import collections
import http.client
import json
import multiprocessing
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seed_of

from tests.serving.languages import toys
from tests.serving.server.http import strategies
from tests.translators import write_bundles

NEIGHBOURS = 2
# Requests before the memory is looked at for the first time.
WARMING = 1000
# What a client gets that waits for a microsecond, as it said itself.
OWN_TIMEOUT = 504
# Of a neighbour between two requests.
PAUSE = 0.01


def main() -> int:
    """Prints the figures; 1 where a status is 5xx but for timeouts that clients set, a neighbour got another answer
    than its own, or the server ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--schemathesis", type=Path, help="its program; without it Hypothesis sends all requests")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, open(Path(place) / "log", "w+") as written:
        server, port = _start(Path(place), written)
        try:
            wrong = _run(options, server, port)
        finally:
            server.terminate()
            ended = server.wait(60)
        statuses = _statuses(Path(place) / "log")
    print(f"answers by status: {dict(sorted(statuses.items()))}, the server's exit code: {ended}")
    failed = wrong or ended or any(status >= 500 for status in statuses if status != OWN_TIMEOUT)
    return 1 if failed else 0


def _run(options: argparse.Namespace, server: subprocess.Popen[str], port: int) -> int:
    """Wrong answers that neighbours got."""
    _neighbour(port, WARMING, 0.0)
    _fuzz(port, WARMING // 2, options.seed + 1)
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    stop = multiprocessing.Event()
    with multiprocessing.Pool(NEIGHBOURS, _remember, (stop,)) as pool:
        beside = pool.starmap_async(_neighbour, [(port, None, PAUSE)] * NEIGHBOURS)
        started = time.monotonic()
        share = options.requests // 2 if options.schemathesis else options.requests
        _fuzz(port, share, options.seed)
        if options.schemathesis:
            _by_document(options.schemathesis, port, options.requests - share, options.seed)
        seconds = time.monotonic() - started
        stop.set()
        found = beside.get(60)
    right, wrong = (sum(each[index] for each in found) for index in range(2))
    growth = (process.memory_info().rss - before) / 2**20
    print(
        f"{seconds:.0f} s; neighbours: {right} right answers, {wrong} others; memory of the server: {growth:+.1f} MiB"
    )
    return wrong


def _start(place: Path, log: object) -> tuple[subprocess.Popen[str], int]:
    bundles = write_bundles(place)
    folders = [toys.plain(place / "toy"), toys.of_floats(place / "floats"), bundles["both"]]
    command = [sys.executable, "-m", "keras_gen", "serve", *map(str, folders)]
    command += ["--http-port", "0", "--grpc-port", "0", "--log", "json", "--threads", "1"]
    server = subprocess.Popen(command, stdout=log, text=True)  # type: ignore[call-overload]
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        found = re.search(r"^HTTP: http://127\.0\.0\.1:(\d+)$", (place / "log").read_text(), re.MULTILINE)
        if found:
            return server, int(found[1])
        time.sleep(0.1)
    raise SystemExit("the server did not start")


def _fuzz(port: int, count: int, seed: int) -> None:
    """Messages of Hypothesis."""

    @seed_of(seed)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(message=strategies.messages())
    def fuzz(message: bytes) -> None:
        strategies.send(port, message)

    fuzz()


def _by_document(program: Path, port: int, count: int, seed: int) -> None:
    """Requests of Schemathesis, until there were enough."""
    command = [
        str(program.absolute()),
        "run",
        f"http://127.0.0.1:{port}/openapi.json",
        "--checks",
        "not_a_server_error",
    ]
    command += ["--max-examples", str(count // 16), "--seed", str(seed), "--continue-on-failure", "--workers", "1"]
    command += ["--phases", "coverage,fuzzing", "--suppress-health-check", "all"]
    # It writes what it found into the current folder.
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(command, check=False, cwd=place)


_stop: object = None


def _remember(stop: object) -> None:
    global _stop
    _stop = stop


def _neighbour(port: int, count: int | None, pause: float) -> tuple[int, int]:
    """Right requests, so many or until all is sent: answers that are right, and others."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    right = wrong = 0
    while right + wrong < count if count is not None else not _stop.is_set():  # type: ignore[attr-defined]
        number = right + wrong
        path, body, headers = strategies.right(number)
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        good = answer.status == 200 and content.endswith(strategies.expected(number))
        right, wrong = right + good, wrong + (not good)
        time.sleep(pause)
    connection.close()
    return right, wrong


def _statuses(log: Path) -> collections.Counter[int]:
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    return collections.Counter(int(line["status"]) for line in lines if "status" in line)


if __name__ == "__main__":
    sys.exit(main())
