"""Tables of `manifest.schema.json` for C++ and TypeScript: `python -m tests.bundles.tables` writes them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from serving.bundle import operators, schema

SERVING = Path(schema.__file__).parents[1]

NUMBERS = {
    "most_bytes": schema.MOST_BYTES,
    "deepest": schema.DEEPEST,
    "newest_format": schema.NEWEST_FORMAT,
    "largest_integer": schema.LARGEST_INTEGER,
    "most_network_bytes": schema.MOST_NETWORK_BYTES,
    "most_weights_bytes": schema.MOST_WEIGHTS_BYTES,
    "longest_file_name": schema.LONGEST_FILE_NAME,
    "longest_version": schema.LONGEST_VERSION,
    "most_networks": schema.MOST_NETWORKS,
    "most_tensors": schema.MOST_TENSORS,
    "most_classes": schema.MOST_CLASSES,
    "most_axes": schema.MOST_AXES,
}
TEXTS = {
    "features": schema.FEATURES,
    "interpolations": schema.INTERPOLATIONS,
    "priors": schema.PRIORS,
    "weights": schema.WEIGHTS,
    "quantizations": schema.QUANTIZATIONS,
    "dtypes": schema.DTYPES,
    "domains": operators.DOMAINS,
}
HEADER = "// Written from serving/bundle/manifest.schema.json by `make tables`; a test compares the two."


def cpp() -> str:
    """`serving/cpp/src/schema.hpp`."""
    numbers = [f"inline constexpr std::int64_t {name} = {value};" for name, value in NUMBERS.items()]
    texts = [_array(name, values) for name, values in TEXTS.items()]
    lines = [
        HEADER,
        "#pragma once",
        "",
        "#include <array>",
        "#include <cstdint>",
        "#include <string_view>",
        "",
        "namespace keras_gen::detail::schema {",
        "",
        *numbers,
        "",
        *texts,
        "",
        "// In the order of their bytes, to be searched in.",
        _array("operators", sorted(operators.ALLOWED)),
        "",
        "}  // namespace keras_gen::detail::schema",
    ]
    return "\n".join(lines) + "\n"


def _array(name: str, values: Iterable[str]) -> str:
    shown = [f'"{value}"' for value in values]
    declared = f"inline constexpr std::array<std::string_view, {len(shown)}> {name}{{"
    if len(declared) + len(", ".join(shown)) <= 110:
        return f"{declared}{', '.join(shown)}}};"
    return f"{declared}\n{_filled(', '.join(shown))},\n}};"


def _filled(text: str, indent: str = "    ") -> str:
    return textwrap.fill(text, 118, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _constant(name: str, values: Sequence[str]) -> str:
    """On one line where it fits, and else a line for each."""
    line = f"export const {name} = {json.dumps(values)} as const;"
    if len(line) <= 120:
        return line
    return "\n".join([f"export const {name} = [", *(f"  {json.dumps(value)}," for value in values), "] as const;"])


def typescript() -> str:
    """`serving/js/src/schema.ts`, as prettier forms it."""
    numbers = [f"export const {name.upper()} = {value};" for name, value in NUMBERS.items()]
    texts = [_constant(name.upper(), values) for name, values in TEXTS.items()]
    rules = [f"  /{rule}/," for rule in schema.UNFIT_NAMES]
    lines = [
        HEADER,
        "",
        *numbers,
        "",
        *texts,
        "",
        f"export const VERSION = /{schema.VERSION}/;",
        "/** A file name is refused where one of these is found in it. */",
        "export const UNFIT_NAMES = [",
        *rules,
        "] as const;",
        "",
        "const NAMES = `",
        _filled(" ".join(sorted(operators.ALLOWED)), indent=""),
        "`;",
        "/** What nodes of a network may compute. */",
        r"export const OPERATORS: ReadonlySet<string> = new Set(NAMES.trim().split(/\s+/));",
    ]
    return "\n".join(lines) + "\n"


TABLES = {SERVING / "cpp" / "src" / "schema.hpp": cpp, SERVING / "js" / "src" / "schema.ts": typescript}

if __name__ == "__main__":
    for file, content in TABLES.items():
        file.write_text(content(), encoding="utf-8")
