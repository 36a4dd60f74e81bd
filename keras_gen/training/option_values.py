"""Closed sets of values that options of a training have, for training and the command line; without TensorFlow."""

from __future__ import annotations

from typing import Literal

StrategyName = Literal["none", "mirrored", "multiworker"]
Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]
Better = Literal["min", "max"]
DataChanged = Literal["refuse", "accept"]
