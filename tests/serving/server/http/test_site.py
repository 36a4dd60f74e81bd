"""The pages, the OpenAPI document, figures and the log."""

from __future__ import annotations

import json
import logging
import re

import jsonschema
import pytest

from serving.runtime.sessions import Settings
from serving.server.catalogue import Catalogue
from serving.server.http.routes import Route, Router
from tests.serving.server.http.running import application, ask, engine_of
from tests.serving.server.http.test_protocol import INFER, LABEL, LATENT, request


def test_the_page_shows_what_is_served_with_nothing_from_elsewhere(app):
    status, headers, body = ask(app, "GET", "/")
    text = body.decode()
    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in headers["content-security-policy"]
    for link in re.findall(r'(?:href|src)="(/[^"]*)"', text):
        assert ask(app, "GET", link.replace("&amp;", "&"))[0] == 200, link
    assert not re.findall(r'(?:href|src|action)="(?!/|data:,)', text)
    assert "<script" not in text
    assert "/v1/odd%20name%2F%C3%BC/translate" in text


def test_the_page_of_hostile_names(models):
    hostile = Catalogue({'"><script>x</script>': models.bundles["both"].opened.bundle}, Settings("cpu"))
    assert b"<script" not in ask(application(engine_of(hostile)), "GET", "/")[2]


def test_the_openapi_document(app):
    document = json.loads(ask(app, "GET", "/openapi.json")[2])
    assert document["openapi"].startswith("3.1")
    assert {"/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer", "/v1/{bundle}/sample"} <= {
        *document["paths"]
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            named = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path))
    schemas = {"components": document["components"], "$schema": "https://json-schema.org/draft/2020-12/schema"}

    def check(value, name):
        jsonschema.validate(value, {**schemas, "$ref": f"#/components/schemas/{name}"})

    body = request({**LATENT, "data": [[3, 0], [4, 0]]}, LABEL)
    check(json.loads(body), "InferRequest")
    check(json.loads(ask(app, "POST", INFER, body)[2]), "InferResponse")
    with pytest.raises(jsonschema.ValidationError):
        check({"inputs": [{**LATENT, "data": [["x"]]}]}, "InferRequest")


def test_figures_and_the_page_are_there_where_they_are_given(app, engine, tmp_path):
    assert ask(app, "GET", "/metrics")[0] == 404
    assert ask(app, "GET", "/page/")[0] == 404
    given = application(engine, metrics=lambda: (b"requests 3\n", "text/plain; version=0.0.4"))
    status, headers, body = ask(given, "GET", "/metrics")
    assert (status, headers["content-type"], body) == (200, "text/plain; version=0.0.4", b"requests 3\n")


@pytest.fixture
def paged(engine, tmp_path):
    folder = tmp_path / "page"
    (folder / "networks").mkdir(parents=True)
    (folder / "index.html").write_text("<p>page</p>")
    (folder / "run.mjs").write_text("let x;")
    (folder / "networks" / "decoder.onnx").write_bytes(b"onnx")
    (folder / ".hidden").write_text("secret")
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    return application(engine, page=folder)


@pytest.mark.parametrize(
    ("file", "media_type"),
    [
        ("", "text/html; charset=utf-8"),
        ("index.html", "text/html; charset=utf-8"),
        ("run.mjs", "text/javascript; charset=utf-8"),
        ("networks/decoder.onnx", "application/octet-stream"),
    ],
)
def test_files_of_a_page(paged, file, media_type):
    status, headers, _ = ask(paged, "GET", f"/page/{file}")
    assert (status, headers["content-type"]) == (200, media_type)
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-embedder-policy"] == "require-corp"
    again = ask(paged, "GET", f"/page/{file}", headers={"if-none-match": headers["etag"]})
    assert (again[0], again[2]) == (304, b"")
    assert not {"content-type", "content-length"} & again[1].keys(), "those of the file are right"


HIDDEN = (
    *("../secret", "..%2Fsecret", "%2e%2e/secret", "networks/../../secret", "%2Fetc%2Fpasswd", "/etc/passwd"),
    *(".hidden", "link", "networks", "networks/", "index.html/", "a\\..\\b", "%00", "x" * 300),
)


@pytest.mark.parametrize("file", HIDDEN)
def test_nothing_else_of_the_machine(paged, file):
    status, _, body = ask(paged, "GET", f"/page/{file}")
    assert status == 404
    assert b"secret" not in body
    assert b"page/" not in body


def test_every_answer_is_told(engine):
    seen = []
    app = application(engine, answered=seen.append)
    body = request(LATENT, LABEL)
    answer = ask(app, "POST", INFER, body)
    ask(app, "GET", "/x%20y")
    infer, missing = seen
    assert (infer.method, infer.path, infer.route) == ("POST", INFER, "/v2/models/{model}/infer")
    assert (infer.status, infer.client, infer.received, infer.sent) == (200, "127.0.0.1", len(body), len(answer[2]))
    assert 0 < infer.seconds < 30
    assert (missing.status, missing.path, missing.route) == (404, "/x%20y", "")


def test_a_failure_tells_the_log_alone(engine, caplog):
    def fail():
        raise OSError("/home/me/secret is full")

    app = application(engine, metrics=fail)
    with caplog.at_level(logging.ERROR, "serving"):
        status, _, body = ask(app, "GET", "/metrics")
    assert status == 500
    assert b"secret" not in body
    assert "secret is full" in caplog.text


def test_paths_are_kept_up_to_a_number():
    """However many different ones are asked for, and those that are too long are of no route."""

    async def handle(call):
        raise AssertionError

    router = Router([Route("GET", "/v2/models/{model}", handle)])
    for number in range(3000):
        assert router.find(b"/v2/models/%d" % number).names == {"model": str(number)}
    assert router.find(b"/v2/models/" + b"x" * 5000) is None
