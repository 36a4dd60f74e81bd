"""Orders of the letters in an einsum's equation, few enough to try them all."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def choose_orders(graph: Any) -> None:
    """Chooses for every einsum the order of its letters that tf2onnx's own step would take.

    tf2onnx makes products of matrices of an einsum, with its axes in the order of their letters. It tries all orders,
    n! of n letters, and takes the one of the cheapest transposes, or one that it finds in its cache: for attention in
    pictures, with seven letters, it needs a minute. Axes that always stand side by side are one letter here, which
    leaves five.

    Args:
        graph: tf2onnx's, before its optimization.
    """
    from tf2onnx.optimizer.einsum_optimizer import CachedEinsum, optimize_einsum

    for node in graph.get_nodes():
        equation = node.attr["equation"].s.decode("ascii") if node.type == "Einsum" else ""
        key = equation, graph.opset, True, np.float32, True
        if not re.fullmatch("[a-z]+,[a-z]+->[a-z]+", equation) or key in CachedEinsum.einsum_cache:
            continue
        groups = side_by_side(equation)
        shorter = merged(equation, groups)
        best = optimize_einsum(shorter, np.float32, opset=graph.opset).equation_
        order = sorted(zip(best, shorter, strict=True))
        places = list(dict.fromkeys(LETTERS.index(letter) for _, letter in order if letter.isalpha()))
        ordered = "".join(groups[place] for place in places)
        found = equation.translate(str.maketrans(ordered, LETTERS[: len(ordered)]))
        CachedEinsum.einsum_cache[key] = CachedEinsum.build_einsum(found, graph.opset, False, np.float32)


def side_by_side(equation: str) -> list[str]:
    """The letters of `ab,bc->ac`, those in one text that follow each other wherever one of them is."""
    terms = re.split(",|->", equation)
    groups: list[str] = []
    for letter in dict.fromkeys("".join(terms)):
        together = groups and all(
            groups[-1] + letter in term for term in terms if letter in term or groups[-1][0] in term
        )
        if together:
            groups[-1] += letter
        else:
            groups.append(letter)
    return groups


def merged(equation: str, groups: list[str]) -> str:
    """The equation with one letter for each group, from `a` on."""
    for group in groups:
        for letter in group[1:]:
            equation = equation.replace(letter, "")
    return equation.translate(str.maketrans("".join(group[0] for group in groups), LETTERS[: len(groups)]))
