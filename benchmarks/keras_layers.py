"""Which layers of Keras can be exported: every one of `keras.layers` that takes pictures, vectors or sequences.

Every line of `keras_layers.txt` is a network of one layer with random weights. It is exported and compared with Keras
as any network is. With no argument the tables of `docs/layers.md` are written, in about ten minutes; arguments are
regular expressions, and only the lines that one of them finds are tried and printed.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

CASES = Path(__file__).with_suffix(".txt")
PAGE = Path(__file__).parents[1] / "docs" / "layers.md"
MARK = "<!-- The tables below are written by `python benchmarks/keras_layers.py`. -->\n"
SIDES = (7, 9)
# What a kind of input is called in the table -> its shape, and what x is made of it.
KINDS = {
    "pictures": {"7x9 pictures": ((*SIDES, 4), None), "pictures of any size": ((None, None, 4), None)},
    "vectors": {"vectors": ((12,), None)},
    "sequences": {"sequences": ((24,), (6, 4))},
}
NAMES = re.compile(
    r" It is of the layer .*| in '[^']*/[^']*'| in '\w+__\d+'| from operation '\w+'|'\w+' (?=\()|_\d+(?=/)"
)
EXPORTED, NOT_BUILT = "exported", "Keras refuses it"


class Case(NamedTuple):
    """A line, in a section."""

    section: str
    call: str


def cases() -> Iterator[Case]:
    """All lines of the file."""
    section = ""
    for line in CASES.read_text().splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            yield Case(section, line)


def built(call: str, shape: tuple[int | None, ...], reshaped: tuple[int, ...] | None):
    """The network of a line, of random weights."""
    import keras
    import numpy as np

    name = "latent" if len(shape) == 1 else "image"
    given = keras.Input(shape, name=name)
    x = given if reshaped is None else keras.layers.Reshape(reshaped)(given)
    value = eval(call, {**vars(keras.layers), "ops": keras.ops, "keras": keras, "x": x})
    made = value(x) if isinstance(value, keras.layers.Layer) else value
    network = keras.Model({name: given}, {"value": made})
    generator = np.random.default_rng(0)
    for weight in network.trainable_weights:
        weight.assign(0.4 * generator.normal(size=weight.shape))
    return network


def result(call: str, shape: tuple[int | None, ...], reshaped: tuple[int, ...] | None) -> str:
    """What becomes of a line: exported, or refused and why. What is neither is raised."""
    from export import ParityError
    from export.border import Bordered
    from export.culprits import explained, in_one_line
    from export.describe import describe
    from export.parity import check_network
    from export.to_onnx import convert
    from serving import InputError

    try:
        network = built(call, shape, reshaped)
    except Exception as error:  # whatever Keras raises for a layer that does not take these inputs
        return f"{NOT_BUILT}: {in_one_line(error)}"
    try:
        with explained("network", network, SIDES):
            bordered = Bordered(network, "float")
            model = convert(bordered, "network")
            check_network("network", model, network, describe(bordered, 0)[0], SIDES)
    except ParityError:
        return "refused: the graph does not compute what Keras does"
    except InputError as error:
        return "refused: " + str(error).partition("Received: ")[2]
    return EXPORTED


def tables() -> str:
    """Of all sections, what is exported in every form first."""
    text = []
    for section, kinds in KINDS.items():
        rows = []
        for call in (case.call for case in cases() if case.section == section):
            found = [result(call, *kind) for kind in kinds.values()]
            print(section, call, *found, sep="\t", flush=True)
            rows.append((call, *found))
        whole = [f"`{call}`" for call, *found in rows if set(found) == {EXPORTED}]
        text.append(f"## {section.capitalize()}\n\nExported as {' and '.join(kinds)}:\n\n{_filled(whole)}.\n")
        head = f"| layer | {' | '.join(kinds)} |\n|{'---|' * (1 + len(kinds))}\n"
        others = (row for row in rows if set(row[1:]) != {EXPORTED})
        text.append(head + "".join(f"| {' | '.join((f'`{call}`', *map(_cell, found)))} |\n" for call, *found in others))
    return "\n".join(text)


def _filled(calls: list[str]) -> str:
    return textwrap.fill(", ".join(calls), 150, break_long_words=False, break_on_hyphens=False)


def _cell(found: str) -> str:
    """Without the names and numbers that Keras gives to layers, which depend on those before."""
    return NAMES.sub("", found).replace("|", "\\|")


def main(*patterns: str) -> None:
    """Writes the page's tables, or prints what becomes of the lines that are asked for."""
    warnings.simplefilter("ignore")
    if not patterns:
        PAGE.write_text(PAGE.read_text().partition(MARK)[0] + MARK + "\n" + tables())
        return
    for case in cases():
        if any(re.search(pattern, case.call) for pattern in patterns):
            for kind, how in KINDS[case.section].items():
                print(kind, case.call, result(case.call, *how), sep="\t", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
