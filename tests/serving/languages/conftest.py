"""Bundles that every language runs, and the languages, each built once."""

from __future__ import annotations

import os
import shutil
from functools import cache

import pytest

from tests.serving.languages import chromium, cpp, labelled, node, toys
from tests.serving.languages.families import write_families

LANGUAGES = {"chromium": chromium, "cpp": cpp, "node": node}
# C++ with sanitizers is another build of the same.
MODULES = {**LANGUAGES, "sanitized": cpp}


def pytest_generate_tests(metafunc):
    """A module says in `LANGUAGES` which ones its tests are asked in."""
    if "language" in metafunc.fixturenames:
        metafunc.parametrize("language", metafunc.module.LANGUAGES, indirect=True, scope="session")


@pytest.fixture(scope="session")
def language(request, language_of):
    return language_of(request.param)


@pytest.fixture(scope="session")
def families(tmp_path_factory):
    """Name -> bundle of every model."""
    return write_families(tmp_path_factory.mktemp("families"))


@pytest.fixture(scope="session")
def language_of(tmp_path_factory):
    """Name -> programs of a language. What they lack is a failure where all languages are asked for."""
    made = []

    @cache
    def language_of(name):
        missing = MODULES[name].missing()
        if missing is not None:
            (pytest.fail if os.environ.get("KERAS_GEN_ALL_LANGUAGES") == "1" else pytest.skip)(f"{name}: {missing}")
        options = {"sanitized": True} if name == "sanitized" else {}
        made.append(MODULES[name].Language(tmp_path_factory.mktemp(name), **options))
        return made[-1]

    yield language_of
    for language in made:
        language.close()


@pytest.fixture(scope="session")
def sanitized(language_of):
    """C++ that ends at the first thing that is wrong in memory or with a number."""
    return language_of("sanitized")


@pytest.fixture(scope="session")
def page(language_of):
    """JavaScript in a browser."""
    return language_of("chromium")


@pytest.fixture(scope="session")
def app(language_of):
    """Where the npm package is installed."""
    return language_of("node").app


@pytest.fixture(scope="session")
def toy(tmp_path_factory):
    """A bundle whose pictures can be counted out by hand."""
    return toys.plain(tmp_path_factory.mktemp("toys") / "plain")


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """For bundles of several tests."""
    return tmp_path_factory.mktemp("bundles")


@pytest.fixture(scope="session")
def by_class(folder):
    """A bundle of networks that see the class."""
    return labelled.write(folder / "by_class")


@pytest.fixture
def copied(by_class, tmp_path):
    """The same, to be damaged."""
    return shutil.copytree(by_class, tmp_path / "copy")
