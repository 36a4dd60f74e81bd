from __future__ import annotations

import pytest

from serving import Translator


@pytest.fixture
def translator(bundles):
    return Translator(bundles["inverting"], provider="cpu", tile=32)
