"""What the tests of a language need of the machine."""

from __future__ import annotations

import os

import pytest


def required(missing: str | None) -> None:
    """Skips where something is missing, or fails where all languages are asked for."""
    if missing is not None:
        (pytest.fail if os.environ.get("KERAS_GEN_ALL_LANGUAGES") == "1" else pytest.skip)(missing)
