"""Bundles that every language runs."""

from __future__ import annotations

import pytest

from tests.serving.languages.families import write_families


@pytest.fixture(scope="session")
def families(tmp_path_factory):
    """Name -> bundle of every model."""
    return write_families(tmp_path_factory.mktemp("families"))
