"""A server of gRPC in one event loop."""

from __future__ import annotations

import logging
import time
from typing import Any

import grpc

from serving.server.engine import Engine
from serving.server.grpc.service import Caller, Method, methods_of
from serving.server.grpc.settings import Called, GrpcSettings
from serving.server.refusals import Reason, RefusedError
from serving.server.tokens import bearer, owner_of

log = logging.getLogger(__name__)

AUTHORIZATION, TRACEPARENT = "authorization", "traceparent"
# Bytes that a client may send ahead, and of a frame of HTTP/2: half a millisecond less for a message of 400 KB.
AHEAD, FRAME = 4 * 2**20, 2**24 - 1
# Beside the tensors there is little in an answer.
ROOM = 2**20
FAILURE = "the server failed at this request; its log says why"


def grpc_server(engine: Engine, settings: GrpcSettings) -> grpc.aio.Server:
    """The server's gRPC side, to be started in the event loop that runs; it listens nowhere yet.

    Args:
        engine: computes what is asked.
        settings: limits, and who may ask.
    """
    limits = settings.limits
    server = grpc.aio.server(
        maximum_concurrent_rpcs=limits.connections,
        options=[
            ("grpc.max_receive_message_length", limits.body_bytes),
            ("grpc.max_send_message_length", limits.output_bytes + ROOM),
            ("grpc.max_metadata_size", limits.header_bytes),
            ("grpc.absolute_max_metadata_size", limits.header_bytes),
            ("grpc.http2.lookahead_bytes", AHEAD),
            ("grpc.http2.max_frame_size", FRAME),
            # Workers share the port.
            ("grpc.so_reuseport", 1),
        ],
    )
    server.add_generic_rpc_handlers((_Handlers(engine, settings),))
    return server


def listen(server: grpc.aio.Server, address: str, certificate: tuple[bytes, bytes] | None) -> int:
    """Has a server listen, and gives the port.

    Args:
        server: that is not started yet.
        address: `host:port`; port 0 takes a free one.
        certificate: PEM of a chain and of its key, for TLS.

    Raises:
        OSError: the port is taken.
    """
    try:
        if certificate is None:
            return server.add_insecure_port(address)
        chain, key = certificate
        return server.add_secure_port(address, grpc.ssl_server_credentials([(key, chain)]))
    except RuntimeError as error:
        raise OSError(f"cannot listen at {address}") from error


class _Handlers(grpc.GenericRpcHandler):
    """The method of each path. Messages are parsed here: gRPC would call what is none an internal error."""

    def __init__(self, engine: Engine, settings: GrpcSettings) -> None:
        self._handlers = {
            path: grpc.unary_unary_rpc_method_handler(_Answering(path, method, settings).answer)
            for path, method in methods_of(engine, settings.limits).items()
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return self._handlers.get(handler_call_details.method)


class _Answering:
    """One method. gRPC takes functions alone, no callable objects."""

    def __init__(self, path: str, method: Method, settings: GrpcSettings) -> None:
        self._path = path
        self._method = method
        self._settings = settings

    async def answer(self, content: bytes, context: grpc.aio.ServicerContext) -> bytes:
        started = time.monotonic()
        status, client, answer = Reason.CANCELLED.grpc, "", b""
        try:
            caller = self._caller(context, started)
            client = caller.client
            answer = (await self._method.answer(self._method.read(content), caller)).SerializeToString()
            status = "OK"
            return answer
        except RefusedError as error:
            status = error.reason.grpc
            await _abort(context, error)
        except Exception:
            log.exception("a call of %s failed", self._path)
            status = Reason.FAILED.grpc
            await _abort(context, RefusedError(Reason.FAILED, FAILURE))
        finally:
            if self._settings.answered is not None:
                seconds = time.monotonic() - started
                sizes = len(content), len(answer)
                parent = _metadata(context, TRACEPARENT)
                self._settings.answered(Called(self._path, status, client, *sizes, seconds, parent))
        raise AssertionError("an aborted call has raised")

    def _caller(self, context: grpc.aio.ServicerContext, started: float) -> Caller:
        """Who calls.

        Raises:
            RefusedError: UNAUTHENTICATED.
        """
        left = context.time_remaining()
        deadline = None if left is None else started + left
        tokens = self._settings.tokens
        if not tokens:
            return Caller(_address(context.peer()), deadline)
        token = bearer(_metadata(context, AUTHORIZATION))
        owner = owner_of(token, tokens) if token else None
        if owner is None and not self._method.open:
            raise RefusedError(Reason.UNAUTHENTICATED, "the metadata authorization must be Bearer and a valid token")
        return Caller(owner or _address(context.peer()), deadline)


def _metadata(context: grpc.aio.ServicerContext, name: str) -> str:
    """What a client says under a name; empty where it does not, or more than once."""
    values = [value for key, value in context.invocation_metadata() or () if key == name]
    return values[0] if len(values) == 1 and isinstance(values[0], str) else ""


def _address(peer: str) -> str:
    """`ipv4:127.0.0.1:5000` without kind and port, so that a client's connections count as one."""
    return peer.partition(":")[2].rpartition(":")[0]


async def _abort(context: grpc.aio.ServicerContext, error: RefusedError) -> None:
    told: list[tuple[str, str]] = []
    if error.retry_after is not None:
        # The second is what gRPC's own retries heed.
        told = [
            ("retry-after", str(max(1, round(error.retry_after)))),
            ("grpc-retry-pushback-ms", str(round(error.retry_after * 1000))),
        ]
    await context.abort(grpc.StatusCode[error.reason.grpc], error.message, tuple(told))
