"""Bundles that every language runs, and the languages, each built once."""

from __future__ import annotations

import os
from functools import cache

import pytest

from tests.serving.languages import chromium, cpp, node
from tests.serving.languages.families import write_families

LANGUAGES = {"chromium": chromium, "cpp": cpp, "node": node}
# C++ with sanitizers is another build of the same.
MODULES = {**LANGUAGES, "sanitized": cpp}


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
