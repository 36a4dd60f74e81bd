"""The gRPC side against messages that are wrong, with right ones beside them.

    python -m benchmarks.fuzzing_grpc --requests 10000

Hypothesis writes the messages; a neighbour sends right ones all the while, whose answers are compared to the byte.
Printed are the statuses, what the neighbour got, and how the memory of the server grew after the first tenth. The exit
code is 1 where a status is none of a client's mistakes, an answer was another, or the server ended. About 2 minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

import grpc
import psutil
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seed_of

sys.path.append(str(Path(__file__).parent))
from load.clients import INFER, content
from load.networks import NETWORK, SHAPES, write_bundle
from load.servers import Ours

from tests.serving.server.grpc_wrong import CLIENTS_OWN, wrong_messages


def neighbour(address: str, over: threading.Event, told: Counter[str]) -> None:
    """Sends the same request until it is over."""
    with grpc.insecure_channel(address) as channel:
        call, body = channel.unary_unary(INFER), content(NETWORK, (1, *SHAPES["two_conv"]))
        expected = call(body, timeout=20)
        while not over.wait(0.01):
            told["right" if call(body, timeout=20) == expected else "wrong"] += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    statuses: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    over, memory = threading.Event(), []
    with tempfile.TemporaryDirectory() as place, Ours([write_bundle(Path(place) / "b", "two_conv")]) as server:
        process = psutil.Process(server.process.pid)
        beside = threading.Thread(target=neighbour, args=(server.grpc, over, answers))
        beside.start()
        with grpc.insecure_channel(server.grpc) as channel:
            call = channel.unary_unary(INFER)

            @seed_of(options.seed)
            @settings(
                max_examples=options.requests,
                phases=[Phase.generate],
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(wrong_messages(NETWORK))
            def send(body: bytes) -> None:
                try:
                    call(body, timeout=20)
                    statuses["OK"] += 1
                except grpc.RpcError as error:
                    statuses[error.code().name] += 1  # type: ignore[attr-defined]
                if sum(statuses.values()) == options.requests // 10:
                    memory.append(process.memory_info().rss)

            send()
        over.set()
        beside.join()
        memory.append(process.memory_info().rss)
        code = server.stop()
    print(f"answers by status: {dict(sorted(statuses.items()))}; the neighbour's: {dict(answers)}")
    print(f"memory grew by {(memory[-1] - memory[0]) / 2**20:.1f} MiB; the server's exit code: {code}")
    return int(bool(code or answers["wrong"] or set(statuses) - {"OK", *CLIENTS_OWN}))


if __name__ == "__main__":
    sys.exit(main())
