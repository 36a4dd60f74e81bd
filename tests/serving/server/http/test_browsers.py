"""What pages in a browser may do to a server on loopback."""

from __future__ import annotations

import pytest

from tests.serving.server.http.running import application, ask

BUNDLES = "/v1/bundles"


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST", "127.0.0.1:8000", "[::1]:8000", "[::1]", "a.localhost:1"]
)
def test_names_of_this_machine(app, host):
    assert ask(app, "GET", BUNDLES, headers={"host": host})[0] == 200


@pytest.mark.parametrize("host", ["example.org", "example.org:8000", "localhost.example.org", "", "127.0.0.1.nip.io"])
def test_a_name_of_the_web_that_leads_to_loopback(app, engine, host):
    assert ask(app, "GET", BUNDLES, headers={"host": host})[0] == 421
    named = application(engine, hosts=(host.partition(":")[0],))
    anybody = application(engine, hosts=None)
    for other in (named, anybody):
        assert ask(other, "GET", BUNDLES, headers={"host": host})[0] == 200


def test_a_page_of_another_origin(app):
    """Neither with `fetch` nor as a form, which a browser sends without asking."""
    for origin in ("http://example.org", "http://localhost:3000", "null", "https://localhost.evil"):
        status, headers, _ = ask(app, "POST", "/v2/models/toy/decoder/infer", b"{}", {"origin": origin})
        assert status == 403
        assert "access-control-allow-origin" not in headers


def test_the_servers_own_page(app):
    for origin, host in (("http://localhost:8000", "localhost:8000"), ("https://127.0.0.1", "127.0.0.1")):
        assert ask(app, "GET", BUNDLES, headers={"origin": origin, "host": host})[0] == 200


@pytest.mark.parametrize(
    ("site", "mode", "target", "status"),
    [
        ("cross-site", "no-cors", "/v1/toy/sample", 403),
        ("same-site", "no-cors", "/v1/toy/sample", 403),
        ("cross-site", "navigate", "/v1/toy/sample", 403),
        ("cross-site", "navigate", "/", 200),
        ("cross-site", "no-cors", "/", 403),
        ("none", "navigate", "/v1/toy/sample", 200),
        ("same-origin", "no-cors", "/v1/toy/sample", 200),
    ],
)
def test_pictures_and_links_of_other_pages(app, site, mode, target, status):
    """A browser sends no `Origin` for `<img>` and links, but says where they come from."""
    headers = {"sec-fetch-site": site, "sec-fetch-mode": mode}
    assert ask(app, "GET", target, headers=headers)[0] == status


@pytest.mark.parametrize("allowed", ["https://example.org", "HTTPS://example.org/", "*"])
def test_an_origin_that_is_allowed(engine, allowed):
    app = application(engine, allow_origin=(allowed,))
    origin = {"origin": "https://example.org"}
    status, headers, _ = ask(app, "GET", BUNDLES, headers=origin)
    assert (status, headers["access-control-allow-origin"]) == (200, "https://example.org")
    assert "inference-header-content-length" in headers["access-control-expose-headers"]
    wrong = ask(app, "GET", "/v1/x/sample", headers=origin)
    assert (wrong[0], wrong[1]["access-control-allow-origin"]) == (404, "https://example.org")
    other = {"origin": "https://example.com"}
    assert ask(app, "GET", BUNDLES, headers=other)[0] == (200 if allowed == "*" else 403)


def test_a_browser_asks_first(engine):
    app = application(engine, allow_origin=("https://example.org",), tokens={"me": b"x" * 32})
    asking = {"access-control-request-method": "POST", "access-control-request-private-network": "true"}
    target = "/v2/models/toy/decoder/infer"
    status, headers, body = ask(app, "OPTIONS", target, headers={"origin": "https://example.org", **asking})
    assert (status, body) == (204, b"")
    assert headers["access-control-allow-methods"] == "POST"
    assert "authorization" in headers["access-control-allow-headers"]
    assert headers["access-control-allow-private-network"] == "true"
    assert ask(app, "OPTIONS", target, headers={"origin": "https://example.com", **asking})[0] == 403
    assert ask(app, "OPTIONS", target)[0] == 405
