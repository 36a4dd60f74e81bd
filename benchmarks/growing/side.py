"""Time and memory of translation and of sampling, against the side of the pictures."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from growing.measuring import child, in_rounds, row, status, table

SIDES = [32, 64, 128, 256, 512, 768, 1024, 1536, 2048]
# In one piece, and in tiles of two sizes, the second of which is the default.
TILES = {"one piece": 4096, "tiles of 256": 256, "tiles of 768": 768}
ROUNDS, BUDGET = 7, 25.0
DRAWN, BATCH = [16, 32, 64, 128, 256], 16


def measure(bundle: Path | None) -> None:
    """Prints a table for translation and one for sampling.

    Args:
        bundle: translates to b; networks as small as those of `cyclegan_horse2zebra_small` are made without it.
    """
    with tempfile.TemporaryDirectory() as folder:
        if bundle is None:
            child("made", "translating", folder)
        found: dict[float, dict[str, float]] = {}
        for name, tile in TILES.items():
            for each in child("side", "translate", bundle or f"{folder}/translating", tile):
                side = each["side"]
                columns = found.setdefault(side, {"side": side})
                columns |= {f"{name}, ms": each["ms"], f"{name}, MiB": each["MiB"]}
        table("CycleGAN, 32 filters, 6 blocks: one picture through `Translator.translate`", list(found.values()))
        child("made", "sampling of sides", folder)
        rows = [each for side in DRAWN for each in child("side", "sample", f"{folder}/{side}", side)]
    table(f"DCGAN of 16 filters, 3 channels: {BATCH} pictures through `Sampler.sample`", rows)


def child_of(name: str, *words: str) -> None:
    """The rows of one table."""
    bundle, number = Path(words[0]), int(words[1])
    runs = _translating(bundle, number) if name == "translate" else {number: _sampling(bundle)}
    memory = {}
    for side, run in runs.items():
        run()
        memory[side] = status("VmHWM")
    for side, seconds in in_rounds(runs, ROUNDS, BUDGET).items():
        row(side=side, ms=1e3 * seconds, MiB=memory[side])


def _translating(bundle: Path, tile: int) -> dict[float, Any]:
    """What is no larger than a tile is translated in one piece, and left to that column."""
    import numpy as np

    from serving import Translator

    translator = Translator(bundle, provider="cpu", tile=tile)
    noise = np.random.default_rng(0).integers(0, 256, (1, SIDES[-1], SIDES[-1], 3), np.uint8)
    sides = SIDES if tile > SIDES[-1] else [side for side in SIDES if side > tile]
    pictures = {side: np.ascontiguousarray(noise[:, :side, :side]) for side in sides}
    return {side: lambda side=side: translator.translate(pictures[side], "b") for side in sides}


def _sampling(bundle: Path) -> Any:
    import serving

    sampler = serving.load(bundle, "cpu")
    return lambda: sampler.sample(BATCH, batch_size=BATCH)
