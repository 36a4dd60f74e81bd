"""The Open Inference Protocol v2 over REST, as KServe and Triton speak it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from serving.bundle.ports import Port
from serving.server.catalogue import Served
from serving.server.engine import Engine
from serving.server.http import protocol_schemas as schemas
from serving.server.http.answers import Answer
from serving.server.http.bodies import read_body
from serving.server.http.call import Call
from serving.server.http.infer_answer import infer_answer
from serving.server.http.infer_request import parse_request, shape_outside
from serving.server.http.json_text import parse_object
from serving.server.http.routes import GET, POST, Handle, Route
from serving.server.http.waiting import Waiting
from serving.server.limits import Limits
from serving.server.naming import ENSEMBLE, NAME, ONNX, released
from serving.server.refusals import Reason, RefusedError
from serving.server.requests import Request

EXTENSIONS = ["binary_tensor_data", "model_repository(index)", "parameters(timeout)"]
HEADER_LENGTH = b"inference-header-content-length"
# The protocol has a status of 4xx say no.
NOT_READY = 400


def protocol_routes(engine: Engine, waiting: Waiting, limits: Limits) -> list[Route]:
    """The protocol's routes.

    Args:
        engine: has the models.
        waiting: for what it computes.
        limits: of requests.
    """
    protocol = _Protocol(engine, waiting, limits)
    model, versioned = "/v2/models/{model}", "/v2/models/{model}/versions/{version}"
    return [
        *_both(POST, versioned, model, "/infer", protocol.infer, schemas.INFER),
        _route(GET, "/v2/health/live", protocol.live, schemas.LIVE, open=True),
        _route(GET, "/v2/health/ready", protocol.ready, schemas.READY, open=True),
        _route(GET, "/v2", protocol.server, schemas.SERVER),
        _route(POST, "/v2/repository/index", protocol.index, schemas.INDEX),
        *_both(GET, versioned, model, "/ready", protocol.model_ready, schemas.MODEL_READY),
        *_both(GET, versioned, model, "", protocol.model, schemas.MODEL),
    ]


def _route(method: str, path: str, handle: Handle, says: Mapping[str, Any], open: bool = False) -> Route:
    return Route(method, path, handle, says, problems=False, open=open)


def _both(
    method: str, versioned: str, model: str, end: str, handle: Handle, says: Mapping[str, Any]
) -> Sequence[Route]:
    """With a version first: the name of a model may have slashes in it."""
    return [_route(method, f"{start}{end}", handle, says) for start in (versioned, model)]


class _Protocol:
    def __init__(self, engine: Engine, waiting: Waiting, limits: Limits) -> None:
        self._engine = engine
        self._waiting = waiting
        self._limits = limits

    async def live(self, call: Call) -> Answer:
        return _json({"live": True})

    async def ready(self, call: Call) -> Answer:
        return _json({"ready": self._engine.ready}, 200 if self._engine.ready else NOT_READY)

    async def server(self, call: Call) -> Answer:
        return _json({"name": NAME, "version": released(), "extensions": EXTENSIONS})

    async def index(self, call: Call) -> Answer:
        """Every model; all of them are loaded, so `{"ready": true}` leaves none out."""
        body = await read_body(call)
        if body and not isinstance(parse_object(body, self._limits).get("ready", False), bool):
            raise RefusedError(Reason.INVALID, "ready must be true or false")
        state = {"state": "READY", "reason": ""} if self._engine.ready else {"state": "LOADING", "reason": ""}
        return _json([{"name": each.name, "version": each.bundle.version, **state} for each in self._served()])

    async def model_ready(self, call: Call) -> Answer:
        served = self._find(call)
        return _json({"name": served.name, "ready": self._engine.ready}, 200 if self._engine.ready else NOT_READY)

    async def model(self, call: Call) -> Answer:
        served = self._find(call)
        return _json(
            {
                "name": call.names["model"],
                "versions": [served.bundle.version],
                "platform": ONNX if served.ensemble is None else ENSEMBLE,
                "inputs": [_port(port, served) for port in served.model.inputs],
                "outputs": [_port(port, served) for port in served.model.outputs],
            }
        )

    async def infer(self, call: Call) -> Answer:
        self._find(call)
        body = await read_body(call)
        # While the body came, a newer version may have taken its place.
        served = self._find(call)
        asked = parse_request(body, call.header(HEADER_LENGTH), served, self._limits)
        if asked.timeout is not None:
            call.wait(asked.timeout)
        request = Request(served, asked.inputs, tuple(asked.outputs), call.deadline, call.client)
        result = await self._waiting.result(request, call)
        return infer_answer(call.names["model"], served.bundle.version, asked, result.outputs)

    def _find(self, call: Call) -> Served:
        return self._engine.catalogue.find(call.names["model"], call.names.get("version", ""))

    def _served(self) -> list[Served]:
        return self._engine.catalogue.served()


def _port(port: Port, served: Served) -> dict[str, Any]:
    return {"name": port.name, "datatype": port.data_type, "shape": shape_outside(port, served)}


def _json(value: object, status: int = 200) -> Answer:
    return Answer(orjson.dumps(value), status=status)
