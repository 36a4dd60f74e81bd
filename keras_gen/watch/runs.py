"""The runs that are watched: those that were named, and those in folders, also where they come later."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from keras_gen.training.run_files import CONFIG
from keras_gen.watch.run import WatchedRun
from serving.common.errors import InputError
from serving.common.files import existing_folder

# Below a folder of runs, how deep runs are looked for, how many are shown, and seconds between two looks.
DEPTH, MOST, PAUSE = 4, 500, 1.0


class Runs:
    """Runs by their id.

    Args:
        places: run directories, and folders with such in them.

    Raises:
        InputError: a place that is no folder.
    """

    def __init__(self, places: Sequence[str | Path]) -> None:
        if not places:
            raise InputError("keras-gen watch needs a run, or a folder of runs. Received: nothing.")
        self.places = [existing_folder(Path(place)) for place in places]
        self._known: dict[Path, WatchedRun] = {}
        self._looked = 0.0

    def all(self) -> list[WatchedRun]:
        """The runs that are there now, those of the same place in order of their names."""
        if time.monotonic() - self._looked >= PAUSE or not self._known:
            found = list(dict.fromkeys(run for place in self.places for run in _runs_in(place)))[:MOST]
            names = _names(found, self.places)
            before = self._known
            self._known = {path: before.get(path) or WatchedRun(path, names[path]) for path in found}
            self._looked = time.monotonic()
        return list(self._known.values())

    def find(self, id: str) -> WatchedRun | None:
        """The run of an id."""
        return next((run for run in self.all() if run.id == id), None)


def _runs_in(place: Path) -> Iterator[Path]:
    for folder, inside, files in os.walk(place):
        here = Path(folder)
        inside.sort()
        if CONFIG in files:
            yield here
        if CONFIG in files or len(here.parts) - len(place.parts) >= DEPTH:
            inside.clear()
        inside[:] = [name for name in inside if not name.startswith(".")]


def _names(runs: Sequence[Path], places: Sequence[Path]) -> dict[Path, str]:
    """The shortest names that tell runs apart: of one that was named its folder's, else the path below the place."""
    short = {run: _short(run, places) for run in runs}
    taken = list(short.values())
    return {run: name if taken.count(name) == 1 else str(run) for run, name in short.items()}


def _short(run: Path, places: Sequence[Path]) -> str:
    place = next(place for place in places if run.is_relative_to(place))
    return (run.resolve().name if run == place else str(run.relative_to(place))) or str(run)
