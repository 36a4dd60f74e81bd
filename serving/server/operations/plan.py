"""What is served, where, and to whom."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from serving.runtime.sessions import Settings
from serving.server.batching.options import Batching
from serving.server.limits import Limits

LOOPBACK_NAME = "localhost"


@dataclass(frozen=True)
class Plan:
    """A server, as its worker processes are told of it.

    Attributes:
        bundles: name -> folder, or what `serving.load` takes.
        settings: how networks are run.
        threads: batches that a worker computes at a time, or None for as many as keep its share of the cores busy.
        max_batch_size: rows of joined requests, or None for the sizes of the models.
        wait: seconds that a batch may wait for more rows.
        batching: name of a network -> how its rows are joined instead.
        limits: of requests.
        host: name or address to listen at.
        grpc_port: that all workers listen at.
        tokens: name -> digest of the token of each client; none lets everybody ask.
        certificate: files with a chain and its key, PEM, for TLS.
        allow_origin: origins whose pages in a browser may ask.
        page: a folder with a page for browsers, or None.
        log: `none`, `text` or `json`: a line for each request.
        traces: whether OpenTelemetry is told of each request.
        drain_seconds: that accepted requests may take after the server was told to stop.
        watch_seconds: between two looks at whether a bundle's folder was replaced; 0 does not look.
    """

    bundles: Mapping[str, str | Path]
    settings: Settings = field(default_factory=Settings)
    threads: int | None = None
    max_batch_size: int | None = None
    wait: float = 0.001
    batching: Mapping[str, Batching] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    host: str = "127.0.0.1"
    grpc_port: int = 0
    tokens: Mapping[str, bytes] = field(default_factory=dict)
    certificate: tuple[Path, Path] | None = None
    allow_origin: tuple[str, ...] = ()
    page: Path | None = None
    log: str = "none"
    traces: bool = False
    drain_seconds: float = 25.0
    watch_seconds: float = 5.0

    @property
    def loopback(self) -> bool:
        """Whether only programs of this machine can reach the server."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == LOOPBACK_NAME


def address(host: str, port: int) -> str:
    """`host:port`, with the brackets that IPv6 needs."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
