"""Bundles that several rooms share, made once for all processes of a test session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.once import common, once
from tests.serving.languages.families import FAMILIES, write_families


@pytest.fixture(scope="session")
def families(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name -> bundle of every model."""
    folder = once(common(tmp_path_factory) / "families", write_families)
    return {name: folder / name for name in FAMILIES}
