"""How much codes say about images: active units and linear probes."""

from __future__ import annotations

from typing import Any

import numpy as np

from serving.common.errors import InputError

ACTIVE_VARIANCE = 0.01
PROBE_ITERATIONS = 1000
PROBE_STRENGTHS = (1.0, 0.1, 0.01, 0.001)


def active_units(means: np.ndarray) -> np.ndarray:
    """Which latent dimensions of a VAE depend on the image: `Var_x E_q(z|x) z > 0.01`.

    Args:
        means: posterior means of many pictures, (n, size).

    Returns:
        (size,) bool.

    Source: Burda et al. 2016, "Importance Weighted Autoencoders", section 5.2.
    """
    return np.var(means, axis=0) > ACTIVE_VARIANCE


def linear_probe(codes: np.ndarray, labels: np.ndarray, test_codes: np.ndarray, test_labels: np.ndarray) -> float:
    """Accuracy on held-out codes of a logistic regression fitted on standardized codes.

    The strength of its regularization is chosen on a tenth of `codes`.

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
    from sklearn.preprocessing import StandardScaler

    _check_labels((codes, labels), (test_codes, test_labels))
    scaler = StandardScaler().fit(codes)
    codes, test_codes = scaler.transform(codes), scaler.transform(test_codes)
    probe = _logistic_regression(_best_strength(codes, labels)).fit(codes, labels)
    return float(probe.score(test_codes, test_labels))


def cluster_accuracy(
    clusters: np.ndarray, labels: np.ndarray, test_clusters: np.ndarray, test_labels: np.ndarray
) -> float:
    """The share of test pictures whose class is that of their cluster: the one that most of its other pictures have.

    Args:
        clusters: (n,) integers from 0 on, of the pictures that give clusters their classes.
        labels: (n,) integers from 0 on.
        test_clusters: (m,), of the pictures that are counted; one of a cluster without a class is wrong.
        test_labels: (m,).

    Source: Makhzani et al. 2016, "Adversarial Autoencoders", section 6, where one picture gives a cluster its class.
    """
    class_of = np.full(int(max(clusters.max(), test_clusters.max())) + 1, -1)
    for cluster in np.unique(clusters):
        class_of[cluster] = np.bincount(labels[clusters == cluster]).argmax()
    return float((class_of[test_clusters] == test_labels).mean())


def _best_strength(codes: np.ndarray, labels: np.ndarray) -> float:
    """The inverse regularization strength that is best on a tenth of the codes when fitted on the other nine tenths."""
    order = np.random.default_rng(0).permutation(len(codes))
    tenth, others = np.split(order, [len(codes) // 10])
    if len(tenth) == 0 or len(np.unique(labels[others])) < 2:
        return 1.0
    scores = [
        _logistic_regression(strength).fit(codes[others], labels[others]).score(codes[tenth], labels[tenth])
        for strength in PROBE_STRENGTHS
    ]
    return PROBE_STRENGTHS[int(np.argmax(scores))]


def _logistic_regression(strength: float = 1.0) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=PROBE_ITERATIONS)


def few_label_probe(
    codes: np.ndarray,
    labels: np.ndarray,
    test_codes: np.ndarray,
    test_labels: np.ndarray,
    num_labels: int = 100,
    draws: int = 5,
    seed: int = 0,
) -> np.ndarray:
    """Accuracies of logistic regressions that saw few labels, the same number of each class.

    Codes are centred and scaled by one number: with few examples a deviation per dimension would be a guess.

    Args:
        codes: (n, size) to draw from.
        labels: (n,) integers.
        test_codes: (m, size).
        test_labels: (m,) integers.
        num_labels: how many examples, at least one per class; rounded down to the same number of each.
        draws: how often they are drawn.
        seed: seed of the draws, which depend on the labels alone: other codes of the same data get the same examples.

    Returns:
        (draws,), each the share of `test_codes` whose label is found, 0 to 1.

    Raises:
        InputError: numbers of codes and labels that differ, a single class, or too few examples of one.
    """
    _check_labels((codes, labels), (test_codes, test_labels))
    centre, scale = codes.mean(axis=0), float(codes.std()) or 1.0
    codes, test_codes = (codes - centre) / scale, (test_codes - centre) / scale
    rng = np.random.default_rng(seed)
    accuracies = []
    for _ in range(draws):
        rows = _balanced_rows(labels, num_labels, rng)
        probe = _logistic_regression().fit(codes[rows], labels[rows])
        accuracies.append(probe.score(test_codes, test_labels))
    return np.array(accuracies)


def _balanced_rows(labels: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of examples, as many of each class."""
    classes = np.unique(labels)
    each = number // len(classes)
    rows = [np.flatnonzero(labels == label) for label in classes]
    if not 1 <= each <= min(map(len, rows)):
        raise InputError(
            f"`num_labels` must be from {len(classes)}, one per class, to {len(classes) * min(map(len, rows))}. "
            f"Received: {number}."
        )
    return np.concatenate([rng.choice(of_class, each, replace=False) for of_class in rows])


def _check_labels(*pairs: tuple[np.ndarray, np.ndarray]) -> None:
    for codes, labels in pairs:
        if len(codes) != len(labels):
            raise InputError(f"there must be a label per code ({len(codes)}). Received: {len(labels)}.")
    if len(np.unique(pairs[0][1])) < 2:
        raise InputError("a linear probe must have at least two classes. Received: one.")
