"""What codes are worth."""

from __future__ import annotations

import numpy as np

from serving.errors import InputError

ACTIVE_VARIANCE = 0.01
PROBE_ITERATIONS = 1000


def active_units(means: np.ndarray) -> np.ndarray:
    """Which latent dimensions of a VAE say anything: `Var_x E_q(z|x) z > 0.01`.

    Args:
        means: posterior means of many pictures, (n, size).

    Returns:
        (size,) bool.

    Source: Burda et al. 2016, "Importance Weighted Autoencoders", section 5.2.
    """
    return np.var(means, axis=0) > ACTIVE_VARIANCE


def linear_probe(codes: np.ndarray, labels: np.ndarray, test_codes: np.ndarray, test_labels: np.ndarray) -> float:
    """Accuracy on held-out codes of a logistic regression fitted on standardized codes.

    Args:
        codes: (n, size) to fit on.
        labels: (n,) integers.
        test_codes: (m, size).
        test_labels: (m,) integers.

    Returns:
        Share of held-out codes whose label is found, 0 to 1.

    Raises:
        InputError: numbers of codes and labels that differ, or a single class.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    for these, their_labels in ((codes, labels), (test_codes, test_labels)):
        if len(these) != len(their_labels):
            raise InputError(f"there must be a label per code ({len(these)}). Received: {len(their_labels)}.")
    if len(np.unique(labels)) < 2:
        raise InputError("a linear probe must have at least two classes. Received: one.")
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=PROBE_ITERATIONS))
    return float(probe.fit(codes, labels).score(test_codes, test_labels))
