"""The gRPC side in a thread, as tests call it."""

from __future__ import annotations

import asyncio
import contextlib
import threading

from serving.server.grpc.front import grpc_server, listen


@contextlib.contextmanager
def running(engine, settings):
    """Serves within the block; gives the address."""
    loop, told = asyncio.new_event_loop(), []
    up = threading.Event()

    async def serve():
        server = grpc_server(engine, settings)
        told.extend((server, listen(server, "127.0.0.1:0", settings.certificate)))
        await server.start()
        up.set()
        await server.wait_for_termination()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert up.wait(20)
    try:
        yield f"127.0.0.1:{told[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(told[0].stop(1.0), loop).result(20)
        thread.join(20)
        loop.close()
