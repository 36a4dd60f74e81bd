"""The methods of the protocol, from the bytes of a request to those of its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from serving.bundle.ports import FREE, Port
from serving.server.catalogue import Served
from serving.server.engine import Engine
from serving.server.grpc.messages import HEALTH, INFERENCE, message
from serving.server.grpc.tensors import check_id, read_inputs, read_outputs, read_timeout, write_answer
from serving.server.limits import Limits
from serving.server.naming import ENSEMBLE, NAME, ONNX, released
from serving.server.refusals import Reason, RefusedError
from serving.server.requests import Done, Outcome, Request, Result

EXTENSIONS = ["model_repository(index)", "parameters(timeout)"]
UNKNOWN_SERVICE, SERVING, NOT_SERVING = 3, 1, 2


@dataclass(frozen=True, slots=True)
class Caller:
    """What is known of a call beside its message.

    Attributes:
        client: a token's name, or the client's address.
        deadline: on `time.monotonic`'s clock, or None.
    """

    client: str
    deadline: float | None


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a service.

    Attributes:
        request: the class of its message.
        answer: gives the answer's message.
        open: whether it needs no token.
    """

    request: Any
    answer: Callable[[Any, Caller], Awaitable[Any]]
    open: bool = False

    def read(self, content: bytes) -> Any:
        """The request's message.

        Raises:
            RefusedError: INVALID.
        """
        try:
            return self.request.FromString(content)
        except DecodeError:
            raise RefusedError(Reason.INVALID, f"the message must be a {self.request.DESCRIPTOR.name}") from None


def methods_of(engine: Engine, limits: Limits) -> Mapping[str, Method]:
    """Every method by its path, such as `/inference.GRPCInferenceService/ModelInfer`.

    Args:
        engine: computes what is asked.
        limits: of requests.
    """
    service = _Service(engine, limits)
    inference = {
        "ServerLive": Method(message("ServerLiveRequest"), service.live, open=True),
        "ServerReady": Method(message("ServerReadyRequest"), service.ready, open=True),
        "ModelReady": Method(message("ModelReadyRequest"), service.model_ready),
        "ServerMetadata": Method(message("ServerMetadataRequest"), service.server),
        "ModelMetadata": Method(message("ModelMetadataRequest"), service.model),
        "ModelInfer": Method(message("ModelInferRequest"), service.infer),
        "RepositoryIndex": Method(message("RepositoryIndexRequest"), service.index),
    }
    checked = Method(message("HealthCheckRequest", "grpc.health.v1"), service.health, open=True)
    return {**{f"/{INFERENCE}/{name}": each for name, each in inference.items()}, f"/{HEALTH}/Check": checked}


class _Service:
    def __init__(self, engine: Engine, limits: Limits) -> None:
        self._engine = engine
        self._limits = limits
        self._loop: asyncio.AbstractEventLoop | None = None

    async def live(self, asked: Any, caller: Caller) -> Any:
        return message("ServerLiveResponse")(live=True)

    async def ready(self, asked: Any, caller: Caller) -> Any:
        return message("ServerReadyResponse")(ready=self._engine.ready)

    async def model_ready(self, asked: Any, caller: Caller) -> Any:
        self._find(asked.name, asked.version)
        return message("ModelReadyResponse")(ready=self._engine.ready)

    async def server(self, asked: Any, caller: Caller) -> Any:
        return message("ServerMetadataResponse")(name=NAME, version=released(), extensions=EXTENSIONS)

    async def model(self, asked: Any, caller: Caller) -> Any:
        served = self._find(asked.name, asked.version)
        platform = ONNX if served.ensemble is None else ENSEMBLE
        answer = message("ModelMetadataResponse")(name=asked.name, versions=[served.bundle.version], platform=platform)
        for ports, tensors in ((served.model.inputs, answer.inputs), (served.model.outputs, answer.outputs)):
            for port in ports:
                tensors.add(name=port.name, datatype=port.data_type, shape=_shape(port, served))
        return answer

    async def index(self, asked: Any, caller: Caller) -> Any:
        answer = message("RepositoryIndexResponse")()
        state = "READY" if self._engine.ready else "LOADING"
        for served in self._engine.catalogue.served():
            answer.models.add(name=served.name, version=served.bundle.version, state=state)
        return answer

    async def infer(self, asked: Any, caller: Caller) -> Any:
        served = self._find(asked.model_name, asked.model_version)
        check_id(asked)
        inputs, wanted = read_inputs(asked, served, self._limits), read_outputs(asked, served)
        timeout = read_timeout(asked.parameters) if asked.parameters else None
        deadline = caller.deadline if timeout is None else time.monotonic() + timeout
        if deadline is None:
            deadline = time.monotonic() + self._limits.seconds
        result = await self._result(Request(served, inputs, tuple(wanted), deadline, caller.client))
        return write_answer(asked, served, wanted, result.outputs)

    async def health(self, asked: Any, caller: Caller) -> Any:
        known = asked.service in ("", INFERENCE)
        status = (SERVING if self._engine.ready else NOT_SERVING) if known else UNKNOWN_SERVICE
        if not known:
            raise RefusedError(Reason.NOT_FOUND, "no such service is checked")
        return message("HealthCheckResponse", "grpc.health.v1")(status=status)

    def _find(self, name: str, version: str) -> Served:
        return self._engine.catalogue.find(name, version)

    async def _result(self, request: Request) -> Result:
        """What the engine gives; a call that is cancelled, or over, frees its place."""
        self._loop = loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()

        def settle(outcome: Outcome) -> None:
            if not future.done():
                future.set_result(outcome)

        ticket = self._engine.submit(request, settle, self._post)
        assert request.deadline is not None, "every request has one"
        timer = loop.call_later(max(0.0, request.deadline - time.monotonic()), future.cancel)
        try:
            outcome = await future
        except asyncio.CancelledError:
            ticket.cancel()
            if future.cancelled() and time.monotonic() >= request.deadline:
                raise RefusedError(Reason.LATE, "the time that the request may take is over") from None
            raise
        finally:
            timer.cancel()
        if isinstance(outcome, RefusedError):
            raise outcome
        assert isinstance(outcome, Result), "a request gives a result"
        return outcome

    def _post(self, answers: list[tuple[Done, Outcome]]) -> None:
        """Is called in a thread of the engine, with all answers of a batch."""
        loop = self._loop
        # A loop that was stopped has nobody left who waits.
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(_settle, answers)


def _settle(answers: list[tuple[Done, Outcome]]) -> None:
    for done, outcome in answers:
        done(outcome)


def _shape(port: Port, served: Served) -> list[int]:
    """As clients see it: with an axis in front of it where requests are joined."""
    return [FREE, *port.dims] if served.model.max_batch_size else list(port.dims)
