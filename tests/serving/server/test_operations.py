"""What is told of requests: the log of them, and traces."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from serving.server.grpc.settings import Called
from serving.server.http import Answered
from serving.server.operations.access_log import access_log
from serving.server.operations.traces import Traces

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"
HTTP = Answered("POST", "/v2/models/a%0Ab/infer", "/v2/models/{model}/infer", 200, "ann", 10, 20, 0.5, PARENT)
GRPC = Called("/inference.GRPCInferenceService/ModelInfer", "INTERNAL", "10.0.0.1", 3, 0, 0.25)


def test_a_span_has_the_names_of_the_conventions_and_the_clients_trace():
    exporter = InMemorySpanExporter()
    traces = Traces(exporter)
    traces(HTTP)
    traces(GRPC)
    traces.close()
    first, second = exporter.get_finished_spans()
    assert (first.name, first.end_time - first.start_time) == ("POST /v2/models/{model}/infer", 500_000_000)
    assert (first.context.trace_id, first.parent.span_id) == (int(TRACE, 16), int(SPAN, 16))
    assert first.attributes["http.response.status_code"] == 200
    assert first.status.status_code is StatusCode.UNSET
    assert second.parent is None
    assert (second.attributes["rpc.method"], second.status.status_code) == ("ModelInfer", StatusCode.ERROR)
    assert first.resource.attributes["service.name"] == "keras-gen"


def test_nothing_of_opentelemetry_is_imported_unasked():
    program = "import sys, serving.server.operations.worker; print([n for n in sys.modules if 'opentelemetry' in n])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_request_is_one_line_whatever_its_client_sent(form, capsys):
    tell = access_log(form)
    tell(HTTP)
    tell(Called("/a", "OK", "line\nbreak", 1, 2, 0.1))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    if form == "json":
        entry = json.loads(lines[0])
        assert (entry["protocol"], entry["status"], entry["client"], entry["seconds"]) == ("http", 200, "ann", 0.5)
        assert json.loads(lines[1])["client"] == "line\nbreak"
    else:
        assert " http POST /v2/models/a%0Ab/infer 200 ann 10 20 0.5" in lines[0]


def test_no_log_is_no_call():
    assert access_log("none") is None
