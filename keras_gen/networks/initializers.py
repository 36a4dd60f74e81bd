"""Initializers of weights."""

from __future__ import annotations

import keras


def small_normal() -> keras.initializers.Initializer:
    """Normal distribution with standard deviation 0.02, as in Radford et al. 2016, section 4, and later GANs."""
    return keras.initializers.RandomNormal(stddev=0.02)
