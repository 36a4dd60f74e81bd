"""By which statistics a tile is best normalized: four ways against the translation of the whole picture at once.

    python benchmarks/tile_statistics.py RUN BUNDLE PICTURES

BUNDLE is RUN's and translates to b; PICTURES is a folder of photographs. Some of them, brought to 1024x1024, are
translated whole and in tiles of 256, and so is a picture made of many, whose parts differ more.

- own: every tile by its own statistics, as a network of one picture would do it;
- reduced: those of the picture at the size of a tile, which is what `Translator` does;
- averaged: means and variances over all tiles, measured in a pass where each has its own, for the price of that pass;
- refined: those over all tiles, measured in a pass in which all have the reduced ones, for the same price.

Of each: the mean absolute difference from the whole picture's translation in grey levels, and the mean step across the
borders of tiles by the mean step beside them; a network's own pattern, which repeats every few pixels, is in that too,
as the first row shows.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from keras_gen.layers import InstanceNormalization
from keras_gen.training.run_directory import open_model
from serving import Translator
from serving.bundle.names import IMAGE, MEASURED_STATISTICS, STATISTICS, TRANSLATION, USE_OWN_STATISTICS
from serving.common.images import picture_files, read_image
from serving.translation.tiles import Axis, blended
from serving.translation.translator import OVERLAP

SIDE, TILE, COUNT, CELL = 1024, 256, 4, 200
NETWORK = "a_to_b_tile"


class Tiles:
    """One translator's tiles, normalized as is asked."""

    def __init__(self, bundle: Path, widths: list[int]) -> None:
        self.translator = Translator(bundle, provider="cpu", tile=TILE)
        self.widths = widths
        self.axis = Axis(SIDE, TILE, int(OVERLAP * TILE), self.translator.image.multiple)

    def run(self, tile: np.ndarray, statistics: np.ndarray | None = None) -> list[np.ndarray]:
        """Translation and measured statistics of a tile, by given ones or its own."""
        size = 2 * sum(self.widths)
        given = np.zeros((1, size), np.float32) if statistics is None else statistics
        own = np.full((1, 1), statistics is None, np.float32)
        feed = {IMAGE: self.translator.as_input(tile), STATISTICS: given, USE_OWN_STATISTICS: own}
        session = self.translator.sessions.of(NETWORK).session
        translation, measured = session.run([TRANSLATION, MEASURED_STATISTICS], feed)
        return [to_levels(translation), measured]

    def translated(self, picture: np.ndarray, statistics: np.ndarray | None) -> np.ndarray:
        return blended(picture, lambda tile: self.run(tile, statistics)[0], self.axis, self.axis, picture.shape[2])

    def averaged(self, picture: np.ndarray, statistics: np.ndarray | None) -> np.ndarray:
        """Means and variances over all tiles, (1, size), where those are normalized by given ones or their own."""
        starts = range(0, SIDE, TILE)
        measured = np.concatenate(
            [
                self.run(picture[None, top : top + TILE, left : left + TILE], statistics)[1]
                for top in starts
                for left in starts
            ]
        )
        parts, place = [], 0
        for width in self.widths:
            mean = measured[:, place : place + width]
            variance = np.exp(measured[:, place + width : place + 2 * width])
            parts += [mean.mean(axis=0), np.log(variance.mean(axis=0) + mean.var(axis=0))]
            place += 2 * width
        return np.concatenate(parts)[None].astype(np.float32)

    def border_step(self, made: np.ndarray) -> float:
        """Across the places where a tile begins or ends, by those a pixel beside them."""
        starts = self.axis.starts
        borders = starts[1:] + [start + TILE for start in starts[:-1]]
        steps = [np.abs(np.diff(made.astype(np.float32), axis=axis)).mean(axis=(1 - axis, 2)) for axis in (0, 1)]
        across = np.mean([step[border - 1] for step in steps for border in borders])
        beside = np.mean([step[border + offset] for step in steps for border in borders for offset in (-2, 0)])
        return float(across / beside)


def to_levels(translation: np.ndarray) -> np.ndarray:
    """Grey levels, uint8, of what a network gives, which may be in [-1, 1]."""
    return translation if translation.dtype == np.uint8 else np.rint((translation + 1) * 127.5).astype(np.uint8)


def mosaic(files: list[Path]) -> np.ndarray:
    across = -(-SIDE // CELL)
    cells = [read_image(file, (CELL, CELL), 3) for file in files]
    rows = [
        np.concatenate([cells[(across * row + column) % len(cells)] for column in range(across)], axis=1)
        for row in range(across)
    ]
    return np.concatenate(rows)[:SIDE, :SIDE]


def main() -> None:
    run, bundle, pictures = map(Path, sys.argv[1:4])
    layers = open_model(run).averages[0]._flatten_layers()
    widths = [layer.gain.shape[0] for layer in layers if isinstance(layer, InstanceNormalization)]
    tiles = Tiles(bundle, widths)
    whole = Translator(bundle, provider="cpu", tile=SIDE)
    files = picture_files(pictures)
    shown = {"photographs": [read_image(file, (SIDE, SIDE), 3) for file in files[:COUNT]], "mosaic": [mosaic(files)]}
    print("| pictures | statistics | difference from the whole, grey levels | step across borders |\n|---|---|---|---|")
    for name, of_kind in shown.items():
        ways = ("the whole at once", "own", "reduced", "averaged", "refined")
        found: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
        for picture in of_kind:
            expected = whole.translate(picture[None], "b")[0].astype(np.float32)
            found["the whole at once"].append((0.0, tiles.border_step(expected)))
            reduced = tiles.translator.statistics(picture, "b")
            statistics = {
                "own": None,
                "reduced": reduced,
                "averaged": tiles.averaged(picture, None),
                "refined": tiles.averaged(picture, reduced),
            }
            for way, given in statistics.items():
                made = tiles.translated(picture, given)
                found[way].append((float(np.abs(made - expected).mean()), tiles.border_step(made)))
        for way, values in found.items():
            difference, step = np.mean(values, axis=0)
            print(f"| {name} | {way} | {difference:.2f} | {step:.3f} |", flush=True)


if __name__ == "__main__":
    main()
