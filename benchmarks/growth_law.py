"""The law that a measured quantity follows as its input grows, and where it bends.

All fits minimize relative errors, so that the smallest measurement counts as much as the largest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# A law is taken for the measurements' own if it is off by no more than this, the root of the mean square.
CLOSE = 0.1
# Exponents that differ by less are the same.
SAME = 0.2
# Two powers have more freedom than one: they must leave no more than this share of its error.
BENT = 0.5


@dataclass(frozen=True)
class Law:
    """`constant + factor * x ** exponent`, or two powers of which the second begins at `bend`.

    Attributes:
        constant: what is there without any input.
        factor: of the power.
        exponent: of the power, up to the bend if there is a second one.
        error: relative error over all points, the root of the mean square.
        bend: where the growing part has become as large as the constant, or where the second power begins.
        later: exponent from the bend on, if there is a second one.
    """

    constant: float
    factor: float
    exponent: float
    error: float
    bend: float | None = None
    later: float | None = None

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Values at positive x."""
        grown = self.factor * x**self.exponent
        if self.later is not None and self.bend is not None:
            grown = grown * np.maximum(1, x / self.bend) ** (self.later - self.exponent)
        return self.constant + grown

    def __str__(self) -> str:
        if self.later is not None:
            text = f"exponent {self.exponent:.2f}, from {self.bend:.3g} on {self.later:.2f}"
        elif self.factor == 0:
            text = f"constant {self.constant:.3g}"
        elif self.constant:
            text = f"{self.constant:.3g} + {self.factor:.3g} x"
            text += f", as much again at {self.bend:.3g}" if self.bend is not None else ""
        else:
            text = f"{self.factor:.3g} x^{self.exponent:.2f}"
        return f"{text} ({100 * self.error:.0f} %)"


def power_law(x: Sequence[float], y: Sequence[float]) -> Law:
    """`factor * x ** exponent`: a line in the logarithms.

    Args:
        x: at least two positive numbers that differ.
        y: as many positive numbers.
    """
    across, up = np.log(_positive(x)), np.log(_positive(y))
    slope, height = np.polyfit(across, up, 1)
    return _with_error(Law(0.0, float(np.exp(height)), float(slope), 0.0), x, y)


def linear_law(x: Sequence[float], y: Sequence[float]) -> Law:
    """`constant + factor * x`, neither of them below 0.

    Args:
        x: at least two positive numbers that differ.
        y: as many positive numbers.
    """
    across, up = _positive(x), _positive(y)
    terms = np.stack([1 / up, across / up], axis=1)
    constant, factor = map(float, np.linalg.lstsq(terms, np.ones(len(up)), rcond=None)[0])
    if constant < 0 or factor < 0:
        kept = 1 if constant < 0 else 0
        alone = float(terms[:, kept].sum() / (terms[:, kept] ** 2).sum())
        constant, factor = (alone, 0.0) if kept == 0 else (0.0, alone)
    bend = constant / factor if constant and factor and constant / factor < across.max() else None
    return _with_error(Law(constant, factor, 1.0, 0.0, bend), x, y)


def bent_law(x: Sequence[float], y: Sequence[float]) -> Law:
    """Two powers that meet at one of the measured points, which fits best.

    Args:
        x: at least five positive numbers that differ, in their order.
        y: as many positive numbers.
    """
    across, up = np.log(_positive(x)), np.log(_positive(y))
    found = []
    for bend in across[2:-2]:  # three points each side
        terms = np.stack([np.ones(len(across)), across, np.maximum(0, across - bend)], axis=1)
        (height, slope, more), *_ = np.linalg.lstsq(terms, up, rcond=None)
        law = Law(0.0, float(np.exp(height)), float(slope), 0.0, float(np.exp(bend)), float(slope + more))
        found.append(_with_error(law, x, y))
    return min(found, key=lambda law: law.error)


def law_of(x: Sequence[float], y: Sequence[float]) -> Law:
    """The simplest law that is close to all points: a constant, a power, a line with a constant, two powers; the
    closest of them if none is.

    Args:
        x: positive numbers that differ, in their order.
        y: as many positive numbers.
    """
    laws = [_constant(x, y), power_law(x, y), linear_law(x, y)]
    if len(x) > 4:
        bent, least = bent_law(x, y), min(law.error for law in laws)
        if abs(bent.exponent - (bent.later or 0.0)) > SAME and bent.error < BENT * least:
            laws.append(bent)
    for law in laws:
        if law.error <= CLOSE:
            return law
    return min(laws, key=lambda law: law.error)


def _constant(x: Sequence[float], y: Sequence[float]) -> Law:
    inverse = 1 / _positive(y)
    return _with_error(Law(float(inverse.sum() / (inverse**2).sum()), 0.0, 1.0, 0.0), x, y)


def _with_error(law: Law, x: Sequence[float], y: Sequence[float]) -> Law:
    across, up = _positive(x), _positive(y)
    error = float(np.sqrt(np.mean((law(across) / up - 1) ** 2)))
    return Law(law.constant, law.factor, law.exponent, error, law.bend, law.later)


def _positive(values: Sequence[float]) -> np.ndarray:
    return np.asarray(values, float)
