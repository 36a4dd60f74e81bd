"""Who may ask."""

from __future__ import annotations

import pytest

from serving.server import tokens
from tests.serving.server.http.running import application, ask

TOKENS = {"ada": "a long and random one", "bob": "another ü"}
DIGESTS = {name: tokens.digest_of(token) for name, token in TOKENS.items()}


def test_a_token_belongs_to_a_name():
    assert [tokens.owner_of(token, DIGESTS) for token in TOKENS.values()] == ["ada", "bob"]
    assert tokens.owner_of("a long and random on", DIGESTS) is None
    assert tokens.owner_of("", DIGESTS) is None


@pytest.mark.parametrize(
    ("header", "token"),
    [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Basic abc", ""), ("abc", ""), ("", ""), ("Bearer", "")],
)
def test_the_header(header, token):
    assert tokens.bearer(header) == token


def test_every_route_but_the_probes_needs_one(engine):
    seen = []
    app = application(engine, tokens=DIGESTS, answered=seen.append, metrics=lambda: (b"", "text/plain"))
    for target in ("/", "/v1/bundles", "/v2", "/v2/models/toy/decoder", "/openapi.json", "/metrics"):
        status, headers, _ = ask(app, "GET", target)
        assert (status, headers["www-authenticate"]) == (401, "Bearer")
        assert ask(app, "GET", target, headers={"authorization": "Bearer wrong"})[0] == 401
        assert ask(app, "GET", target, headers={"authorization": f"Bearer {TOKENS['ada']}"})[0] == 200
        assert seen[-1].client == "ada"
    for target in ("/v2/health/live", "/v2/health/ready"):
        assert ask(app, "GET", target)[0] == 200
