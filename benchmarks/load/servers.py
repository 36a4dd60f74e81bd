"""Servers in processes of their own: ours, and the peers'."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

PEERS = Path(__file__).parents[1] / "peers"
PATIENCE = 60.0


class Ours:
    """`keras-gen serve` of bundles, as a context.

    Attributes:
        process: of the command.
        http: address.
        grpc: address.
    """

    def __init__(self, bundles: Sequence[Path], *options: str) -> None:
        self._words = [sys.executable, "-m", "keras_gen", "serve", *map(str, bundles), "--http-port", "0"]
        self._words += ["--grpc-port", "0", *options]
        self._said = tempfile.NamedTemporaryFile("w+")  # noqa: SIM115 - as long as the process

    def __enter__(self) -> Ours:
        self.process = subprocess.Popen(self._words, stdout=self._said, stderr=subprocess.STDOUT)
        until = time.monotonic() + PATIENCE
        while "gRPC:" not in (said := self.said()):
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the server has not started:\n{said}")
            time.sleep(0.05)
        (self.http,) = re.findall(r"HTTP: https?://(\S+)", said)
        (self.grpc,) = re.findall(r"gRPC: (\S+)", said)
        return self

    def said(self) -> str:
        """Its output so far."""
        return Path(self._said.name).read_text()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        """Ends it as an operator would; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextlib.contextmanager
def peer(python: str, program: str, network: Path, folder: Path) -> Iterator[str]:
    """A peer's server of a network, called `network`; gives its gRPC address.

    Args:
        python: interpreter of an environment that has the peer.
        program: in `benchmarks/peers`.
        network: the ONNX file.
        folder: to write settings to.
    """
    port = _free_port()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONPATH", None)
    with open(folder / f"{program}.log", "w") as said:
        words = [python, str(PEERS / program), str(network), str(port)]
        process = subprocess.Popen(words, stdout=said, stderr=said, env=environment, cwd=folder, start_new_session=True)
    try:
        until = time.monotonic() + PATIENCE
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{program} has not started:\n{(folder / f'{program}.log').read_text()[-2000:]}")
            time.sleep(0.1)
        time.sleep(1.0)
        yield f"127.0.0.1:{port}"
    finally:
        # It may have processes of its own.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
