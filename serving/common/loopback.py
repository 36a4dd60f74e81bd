"""HTTP on this machine alone."""

from __future__ import annotations

import ipaddress
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOCALHOST = "localhost"


def is_local_name(host: str) -> bool:
    """Whether a header `Host` calls a server `localhost` or by an IP address.

    A site whose own name leads to 127.0.0.1 (DNS rebinding) calls it by that name.
    """
    name = without_port(host.lower())
    return name == LOCALHOST or name.endswith(f".{LOCALHOST}") or _is_address(name)


def without_port(host: str) -> str:
    """The name or address in a header `Host`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class LocalHandler(BaseHTTPRequestHandler):
    """Answers nobody who calls this machine by the name of a site, and writes no log."""

    protocol_version = "HTTP/1.1"

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        if is_local_name(self.headers.get("Host", LOCALHOST)):
            return True
        self.send_error(421, explain="The header Host must be localhost or an IP address.")
        return False

    def log_message(self, *_: object) -> None:
        """Not to standard error."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, *given: Any) -> None:
        # A page that is closed while it is answered.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(*given)


@contextmanager
def listening(handler: Callable[..., Any], port: int = 0) -> Iterator[str]:
    """Answers requests on 127.0.0.1 while the block runs, and yields the address, `http://127.0.0.1:PORT/`.

    Args:
        handler: as `http.server` takes it.
        port: 0 for a free one.

    Raises:
        OSError: the port is taken.
    """
    server = _Server(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
