"""How weights begin."""

from __future__ import annotations

import keras


def small_normal() -> keras.initializers.Initializer:
    """Normal with a deviation of 0.02: Radford et al. 2016, section 4, and what came after it."""
    return keras.initializers.RandomNormal(stddev=0.02)
