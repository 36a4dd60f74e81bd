from __future__ import annotations

import pytest

from tests.serving.server.http.running import application, catalogue, engine_of, listening, stop_engines
from tests.translators import write_bundles


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Bundles of known pictures. What runs them is stopped at the end."""
    yield catalogue(tmp_path_factory.mktemp("served"), write_bundles(tmp_path_factory.mktemp("translators_served")))
    stop_engines()


@pytest.fixture(scope="session")
def engine(models):
    return engine_of(models)


@pytest.fixture(scope="session")
def app(engine):
    return application(engine)


@pytest.fixture(scope="session")
def port(engine):
    with listening(application(engine)) as port:
        yield port


@pytest.fixture(scope="session")
def address(port):
    return f"http://127.0.0.1:{port}"
