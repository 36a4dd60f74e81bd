"""Checks of two sets of features before they are compared."""

from __future__ import annotations

import numpy as np

from serving.common.errors import InputError


def check_features(features: np.ndarray, others: np.ndarray, least: int) -> None:
    """Raises InputError for different widths, fewer than `least` rows, or values that are not finite."""
    if features.ndim != 2 or features.shape[1:] != others.shape[1:]:
        raise InputError(f"features must be of one width. Received: shapes {features.shape} and {others.shape}.")
    if min(len(features), len(others)) < least:
        raise InputError(
            f"features of width {features.shape[1]} must be at least {least} of each set. "
            f"Received: {len(features)} and {len(others)}."
        )
    if not (np.isfinite(features).all() and np.isfinite(others).all()):
        raise InputError("features must be finite. Received: nan or inf.")
