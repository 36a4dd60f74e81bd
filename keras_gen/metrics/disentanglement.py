"""Whether each dimension of a code means one factor of the data, where the factors are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from serving.common.errors import InputError

BINS = 20
TREES, SEED = 20, 0
VOTES, AT_ONCE = 800, 64
# Of a dimension that codes do not use, as a share of the largest variance.
IDLE = 1e-3


class Factors(NamedTuple):
    """Factors of pictures.

    Attributes:
        names: of the factors.
        values: (n, factors), the index of each value.
    """

    names: tuple[str, ...]
    values: np.ndarray


def factors_of(labels: np.ndarray, classes: Sequence[str]) -> Factors | None:
    """The factors that the names of classes state, as in `shape=ell x=3`; None where they state none.

    Args:
        labels: (n,) indices of classes.
        classes: names, which must all have the same factors in the same order.
    """
    parts = [[part.partition("=") for part in name.split()] for name in classes]
    names = tuple(name for name, _, _ in parts[0]) if parts else ()
    if len(names) < 2 or any(tuple(n for n, sign, _ in row if sign) != names for row in parts):
        return None
    columns = []
    for column in zip(*parts, strict=True):
        places = {value: index for index, value in enumerate(dict.fromkeys(value for _, _, value in column))}
        columns.append([places[value] for _, _, value in column])
    return Factors(names, np.array(columns).T[labels])


def mutual_information_gap(codes: np.ndarray, factors: np.ndarray) -> float:
    """How much more the most informative dimension says about a factor than the second, as a share of the factor's
    entropy; the mean over factors.

    Args:
        codes: (n, size), size at least 2; each dimension is cut into 20 bins of equal width.
        factors: (n, k) integers.

    Returns:
        0 to 1.

    Source: Chen et al. 2018, "Isolating Sources of Disentanglement in VAEs", section 4.
    """
    _check(codes, factors)
    binned = np.stack([_binned(column) for column in codes.T])
    gaps = []
    for factor in factors.T:
        entropy = _entropy(np.unique(factor, return_counts=True)[1])
        said = np.sort([_mutual_information(column, factor) for column in binned])
        gaps.append((said[-1] - said[-2]) / entropy if entropy else 0.0)
    return float(np.mean(gaps))


def separated_attribute_predictability(
    codes: np.ndarray, factors: np.ndarray, test_codes: np.ndarray, test_factors: np.ndarray
) -> float:
    """How much better thresholds on the best dimension tell a factor than those on the second; the mean over factors.

    Args:
        codes: (n, size), size at least 2, to fit thresholds on.
        factors: (n, k) integers.
        test_codes: (m, size), on which the accuracy is measured.
        test_factors: (m, k).

    Returns:
        0 to 1.

    Source: Kumar et al. 2018, "Variational Inference of Disentangled Latent Concepts", section 3.
    """
    from sklearn.tree import DecisionTreeClassifier

    _check(codes, factors)
    gaps = []
    for known, tested in zip(factors.T, test_factors.T, strict=True):
        leaves = max(2, len(np.unique(known)))
        found = []
        for dimension in range(codes.shape[1]):
            one = [dimension]
            thresholds = DecisionTreeClassifier(max_leaf_nodes=leaves, class_weight="balanced", random_state=SEED)
            found.append(thresholds.fit(codes[:, one], known).score(test_codes[:, one], tested))
        best = np.sort(found)
        gaps.append(best[-1] - best[-2])
    return float(np.mean(gaps))


def disentanglement_completeness_informativeness(
    codes: np.ndarray, factors: np.ndarray, test_codes: np.ndarray, test_factors: np.ndarray
) -> tuple[float, float, float]:
    """Of random forests that read each factor from the code: whether a dimension is important for one factor alone,
    whether a factor is read from one dimension alone, and how often it is read right.

    Args:
        codes: (n, size), size at least 2, to fit forests on.
        factors: (n, k) integers, k at least 2.
        test_codes: (m, size), on which the accuracy is measured.
        test_factors: (m, k).

    Returns:
        Three numbers from 0 to 1.

    Source: Eastwood & Williams 2018, "A Framework for the Quantitative Evaluation of Disentangled Representations",
    section 2.
    """
    from sklearn.ensemble import RandomForestClassifier

    _check(codes, factors)
    importance, right = [], []
    for known, tested in zip(factors.T, test_factors.T, strict=True):
        # Of all dimensions: among a few drawn ones, a tree would have to use those that say nothing.
        forest = RandomForestClassifier(TREES, max_features=None, random_state=SEED).fit(codes, known)
        importance.append(forest.feature_importances_)
        right.append(forest.score(test_codes, tested))
    table = np.array(importance).T
    of_dimensions = [1.0 - _entropy(row) / np.log(len(row)) for row in table]
    of_factors = [1.0 - _entropy(column) / np.log(len(column)) for column in table.T]
    shares = table.sum(axis=1) / table.sum()
    return float(shares @ of_dimensions), float(np.mean(of_factors)), float(np.mean(right))


def factor_vae_score(codes: np.ndarray, factors: np.ndarray, seed: int = 0) -> float:
    """How often the dimension that varies least among pictures of one value of a factor tells which factor it was.

    Each of 800 votes is of 64 pictures of the codes, drawn with replacement; the best reading of dimensions as factors
    is found on them, and the score is that on 800 others. Dimensions that codes do not use have no vote.

    Args:
        codes: (n, size).
        factors: (n, k) integers.
        seed: of the draws.

    Returns:
        0 to 1; 1 / k is guessing.

    Source: Kim & Mnih 2018, "Disentangling by Factorising", section 4.
    """
    _check(codes, factors)
    rng = np.random.default_rng(seed)
    variances = codes.var(axis=0)
    used = np.flatnonzero(variances > IDLE * variances.max())
    if not len(used):
        return 0.0
    votes = np.zeros((2, codes.shape[1], factors.shape[1]), int)
    for half in votes:
        for _ in range(VOTES):
            factor = rng.integers(factors.shape[1])
            same = np.flatnonzero(factors[:, factor] == factors[rng.integers(len(factors)), factor])
            drawn = codes[rng.choice(same, AT_ONCE)][:, used]
            half[used[np.argmin(drawn.var(axis=0) / variances[used])], factor] += 1
    reading = votes[0].argmax(axis=1)
    return float(votes[1][np.arange(codes.shape[1]), reading].sum() / VOTES)


def _binned(column: np.ndarray) -> np.ndarray:
    edges = np.linspace(column.min(), column.max(), BINS + 1)
    return np.digitize(column, edges[1:-1])


def _mutual_information(one: np.ndarray, other: np.ndarray) -> float:
    """In nats, of two columns of small integers."""
    table = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(table, (one, other), 1.0)
    return _entropy(table.sum(axis=1)) + _entropy(table.sum(axis=0)) - _entropy(table.ravel())


def _entropy(weights: np.ndarray) -> float:
    """In nats, of what is proportional to probabilities; 0 where there is nothing."""
    total = float(np.sum(weights))
    shares = np.asarray(weights, np.float64)[np.asarray(weights) > 0] / (total or 1.0)
    return float(-(shares * np.log(shares)).sum())


def _check(codes: np.ndarray, factors: np.ndarray) -> None:
    if codes.ndim != 2 or codes.shape[1] < 2 or factors.ndim != 2 or len(factors) != len(codes) or len(codes) < 2:
        raise InputError(
            "codes of two numbers or more and their factors must be as many. "
            f"Received: shapes {codes.shape} and {factors.shape}."
        )
