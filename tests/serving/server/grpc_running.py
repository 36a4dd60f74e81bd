"""The gRPC side in a thread, as tests call it."""

from __future__ import annotations

import asyncio
import contextlib
import threading

from serving.server.grpc.front import grpc_server, listen


@contextlib.contextmanager
def running(engine, settings):
    """Serves within the block; gives the address."""
    loop, stopped, told = asyncio.new_event_loop(), asyncio.Event(), []
    up = threading.Event()

    async def serve():
        server = grpc_server(engine, settings)
        told.append(listen(server, "127.0.0.1:0", None))
        await server.start()
        up.set()
        await stopped.wait()
        await server.stop(1.0)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert up.wait(20)
    try:
        yield f"127.0.0.1:{told[0]}"
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(20)
        loop.close()
