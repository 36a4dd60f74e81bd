"""OpenTelemetry: a span for each request. Needs the extra `telemetry`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from serving.server.grpc.settings import Called
from serving.server.http.settings import Answered
from serving.server.naming import NAME

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

NANO = 10**9


class Traces:
    """Tells OpenTelemetry of requests that were answered, in the names of its conventions for HTTP and RPC.

    Args:
        exporter: takes the spans; one that sends them to where OpenTelemetry's own variables say (such as
            OTEL_EXPORTER_OTLP_ENDPOINT, http://localhost:4318 by default) where it is left out.
    """

    def __init__(self, exporter: SpanExporter | None = None) -> None:
        if exporter is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            exporter = OTLPSpanExporter()
        self._provider = TracerProvider(resource=Resource.create({SERVICE_NAME: NAME}))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(NAME)
        self._propagator = TraceContextTextMapPropagator()

    def __call__(self, request: Answered | Called) -> None:
        """Notes a request that has just been answered. Its parent is what its `traceparent` (W3C) says."""
        now = time.time_ns()
        name, attributes, failed = _http(request) if isinstance(request, Answered) else _grpc(request)
        span = self._tracer.start_span(
            name,
            context=self._propagator.extract({"traceparent": request.traceparent}),
            kind=SpanKind.SERVER,
            attributes=attributes,
            start_time=now - int(request.seconds * NANO),
        )
        if failed:
            span.set_status(StatusCode.ERROR)
        span.end(now)

    def close(self) -> None:
        """Sends what is left."""
        self._provider.shutdown()


def _http(request: Answered) -> tuple[str, dict[str, Any], bool]:
    attributes = {
        "http.request.method": request.method,
        "http.route": request.route,
        "http.response.status_code": request.status,
        "http.request.body.size": request.received,
        "http.response.body.size": request.sent,
    }
    return f"{request.method} {request.route}".strip(), attributes, request.status >= 500


def _grpc(request: Called) -> tuple[str, dict[str, Any], bool]:
    service, _, method = request.method.lstrip("/").partition("/")
    attributes = {
        "rpc.system": "grpc",
        "rpc.service": service,
        "rpc.method": method,
        "rpc.response.status_code": request.status,
    }
    return f"{service}/{method}", attributes, request.status in ("INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED")
