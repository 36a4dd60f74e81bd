"""What the tests of a language need of the machine."""

from __future__ import annotations

import pytest

from serving.common.environment import ALL_LANGUAGES


def required(missing: str | None) -> None:
    """Skips where something is missing, or fails where all languages are asked for."""
    if missing is not None:
        (pytest.fail if ALL_LANGUAGES.read() == "1" else pytest.skip)(missing)
