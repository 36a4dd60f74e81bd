"""Bundles that every language runs, and the languages, each built once for all processes of a test session."""

from __future__ import annotations

import os
import shutil
from functools import cache, partial
from pathlib import Path

import pytest

from tests.once import common, once
from tests.serving.languages import chromium, cpp, javascript, labelled, node, toys
from tests.serving.languages.required import required

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
def onnxruntime(tmp_path_factory):
    """What C++ is built against: the folders of ORT_INCLUDE_DIR and ORT_LIB_DIR, else fetched ones."""
    required(cpp.missing())
    if "ORT_INCLUDE_DIR" in os.environ and "ORT_LIB_DIR" in os.environ:
        return cpp.OnnxRuntime(Path(os.environ["ORT_INCLUDE_DIR"]), Path(os.environ["ORT_LIB_DIR"]))
    try:
        folder = once(common(tmp_path_factory) / "onnxruntime", cpp.fetch_onnxruntime)
    except LookupError as error:
        required(str(error))
    return cpp.OnnxRuntime(folder / "include", folder / "lib")


@pytest.fixture(scope="session")
def cpp_built(tmp_path_factory, request):
    """Name of a build of the C++ library -> its folder."""

    def built(name):
        runtime = request.getfixturevalue("onnxruntime")
        options = {"runtime": runtime, "sanitized": name == "sanitized"}
        return once(common(tmp_path_factory) / name, partial(cpp.build, **options))

    return built


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """Where the npm package is installed."""
    required(node.missing())
    return once(common(tmp_path_factory) / "npm", javascript.build) / "app"


@pytest.fixture(scope="session")
def language_of(request, tmp_path_factory, cpp_built):
    """Name -> programs of a language. What they lack is a failure where all languages are asked for."""
    made = []

    @cache
    def language_of(name):
        module = MODULES[name]
        required(module.missing())
        if module is cpp:
            made.append(cpp.Language(cpp_built(name), tmp_path_factory.mktemp(name)))
        else:
            made.append(module.Language(request.getfixturevalue("app")))
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
