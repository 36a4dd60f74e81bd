"""Seconds, memory and threads of this process, and tables that say which law their columns follow."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from growth_law import law_of, linear_law

MIB = 2**20
GROWTH = Path(__file__).parents[1] / "growth.py"
# Columns of these names have a part that is there in any case.
MEMORY = "MiB"


def status(name: str) -> float:
    """A line of `/proc/self/status`: MiB, or a number without a unit."""
    for line in Path("/proc/self/status").read_text().splitlines():
        key, _, value = line.partition(":")
        if key == name:
            number, *unit = value.split()
            return float(number) / 1024 if unit else float(number)
    raise KeyError(name)


def in_rounds(runs: Mapping[float, Callable[[], Any]], rounds: int, budget: float) -> dict[float, float]:
    """Median seconds of each, in rounds whose order changes; each has been run before.

    Args:
        runs: what to do, by the input's size.
        rounds: how many at most.
        budget: seconds after which no further round begins.
    """
    seconds: dict[float, list[float]] = {size: [] for size in runs}
    begun = time.perf_counter()
    for index in range(rounds):
        for size in list(runs) if index % 2 else reversed(runs):
            started = time.perf_counter()
            runs[size]()
            seconds[size].append(time.perf_counter() - started)
        if time.perf_counter() - begun > budget:
            break
    return {size: statistics.median(taken) for size, taken in seconds.items()}


def child(*words: object, **environment: str) -> list[dict[str, float]]:
    """The rows that `growth.py --child WORDS` prints, in a process whose memory is its own."""
    started = start_child(*words, **environment)
    said, _ = started.communicate()
    if started.returncode:
        raise SystemExit(f"{' '.join(map(str, words))} ended with {started.returncode}")
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def start_child(*words: object, **environment: str) -> subprocess.Popen[str]:
    """A process of `child` that runs beside others."""
    command = [sys.executable, str(GROWTH), "--child", *map(str, words)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **environment}
    )


def row(**values: float) -> None:
    """Prints a row of a child."""
    print(json.dumps(values), flush=True)


def table(title: str, rows: Sequence[Mapping[str, float]]) -> None:
    """Prints rows, of which the first column is the input's size, and below each column the law that it follows.

    Args:
        title: what was measured.
        rows: of the same columns; one that is missing in some rows is left empty there.
    """
    size, *columns = dict.fromkeys(name for row in rows for name in row)
    print(f"\n{title}\n\n| {size} | {' | '.join(columns)} |\n|{'---|' * (1 + len(columns))}")
    for row in rows:
        print(f"| {row[size]:g} | {' | '.join(_shown(row.get(name)) for name in columns)} |")
    laws = []
    for name in columns:
        pairs = [(row[size], row[name]) for row in rows if row.get(name, 0) > 0]
        laws.append(_law(name, *zip(*pairs, strict=True)) if len(pairs) > 1 else "")
    print(f"| law | {' | '.join(laws)} |", flush=True)


def facts() -> str:
    """Processor, cores and load of this machine."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)
    return f"{model or platform.processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"


def _law(name: str, x: Sequence[float], y: Sequence[float]) -> str:
    return str(linear_law(x, y) if name.endswith(MEMORY) else law_of(x, y))


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
