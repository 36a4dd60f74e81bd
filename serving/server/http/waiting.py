"""Waits in an event loop for what the engine computes in its threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from serving.server.engine import Engine
from serving.server.http.bodies import gone
from serving.server.http.call import Call
from serving.server.refusals import Reason, RefusedError
from serving.server.requests import Done, Outcome, Post, Request, Ticket, Work

# Seconds after which it is looked at whether the client is still there: most answers come sooner.
PATIENCE = 0.05

Submit = Callable[[Done, Post], Ticket]


class Waiting:
    """Hands requests of one event loop to the engine.

    Args:
        engine: that computes them.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._loop: asyncio.AbstractEventLoop | None = None

    async def result(self, request: Request, call: Call) -> Any:
        """The Result of a request.

        Raises:
            RefusedError: why there is none; LATE after the deadline, CANCELLED where the client went away.
        """
        return await self._outcome(lambda done, post: self._engine.submit(request, done, post), call)

    async def made(self, work: Work, call: Call) -> Any:
        """The Made of a call of the library; raises as `result`."""
        return await self._outcome(lambda done, post: self._engine.run(work, done, post), call)

    async def _outcome(self, submit: Submit, call: Call) -> Any:
        self._loop = loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()

        def settle(outcome: Outcome) -> None:
            if not future.done():
                future.set_result(outcome)

        ticket = submit(settle, self._post)
        watching = loop.call_later(PATIENCE, self._watch, call, future)
        try:
            async with asyncio.timeout(max(0.0, call.deadline - time.monotonic())):
                outcome = await future
        except TimeoutError:
            ticket.cancel()
            raise RefusedError(Reason.LATE, "the time that the request may take is over") from None
        except asyncio.CancelledError:
            ticket.cancel()
            if future.cancelled():
                raise RefusedError(Reason.CANCELLED, "the client went away") from None
            raise
        finally:
            watching.cancel()
            future.cancel()
        if isinstance(outcome, RefusedError):
            raise outcome
        return outcome

    def _watch(self, call: Call, future: asyncio.Future[Outcome]) -> None:
        """Cancels the future when the client goes away, and stops looking when it is done."""
        looking = asyncio.ensure_future(gone(call))
        looking.add_done_callback(lambda _: future.cancel())
        future.add_done_callback(lambda _: looking.cancel())

    def _post(self, answers: list[tuple[Done, Outcome]]) -> None:
        """Is called in a thread of the engine, with all answers of a batch."""
        assert self._loop is not None, "somebody waits"
        # Of a loop that was closed meanwhile nobody waits any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_settle, answers)


def _settle(answers: list[tuple[Done, Outcome]]) -> None:
    for done, outcome in answers:
        done(outcome)
