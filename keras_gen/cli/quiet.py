"""Importing TensorFlow without the lines that its C++ parts print before any setting can stop them."""

from __future__ import annotations

import os
import sys


def quiet_import() -> None:
    """Imports TensorFlow and Keras while nothing reaches the standard error stream but an exception."""
    sys.stderr.flush()
    saved = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        import keras  # noqa: F401
        import tensorflow  # noqa: F401
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(silence)
