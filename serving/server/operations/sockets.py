"""The ports that every worker process listens at."""

from __future__ import annotations

import socket

from serving.common.errors import InputError
from serving.server.operations.plan import address


def bound(host: str, port: int, option: str) -> socket.socket:
    """A socket bound to a port, which does not listen yet.

    Args:
        host: name or address.
        port: or 0 for a free one.
        option: that named the port, for messages.

    Raises:
        InputError: a port that is taken or not allowed, or a host that is none of this machine's.
    """
    if not 0 <= port <= 65535:
        raise InputError(f"{option} must be a port from 0 to 65535. Received: {port}.")
    try:
        family, kind, number, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        _check_free(family, place)
        return _shared(family, kind, number, place)
    except OSError as error:
        raise InputError(
            f"{option} must be a port at {host} that is free. Received: {address(host, port)}: {error.strerror}."
        ) from None


def _shared(family: int, kind: int, number: int, place: tuple) -> socket.socket:
    made = socket.socket(family, kind, number)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind(place)
    except OSError:
        made.close()
        raise
    return made


def _check_free(family: int, place: tuple) -> None:
    """Ports of the workers may be shared, so that one of another server of this user would be shared too: raises
    OSError for one that is in use."""
    with socket.socket(family, socket.SOCK_STREAM) as alone:
        # The port of a server that has just ended is free.
        alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        alone.bind(place)
        alone.listen(1)
