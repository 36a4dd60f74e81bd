"""The film of a run in its bundle."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import keras
import numpy as np

from export.beside import described
from keras_gen.training.alarms import alarms_in
from keras_gen.training.callbacks.film import STILL, frames_in
from keras_gen.training.film_frames import EXTENT
from keras_gen.training.run_directory import RunDirectory
from serving.bundle.film import FORMAT, PNG, TYPES
from serving.bundle.manifest import Stored, StoredFilm

FILM, FRAMES = "film.json", "film.bin"
PICTURE, STEP = "picture", "step"


def film_of(model: keras.Model | str | Path) -> RunDirectory | None:
    """The run that a film is taken over of, where it was recorded and the model is given as a run.

    Args:
        model: as `export_bundle` takes it.
    """
    if isinstance(model, keras.Model) or Path(model).suffix == ".keras":
        return None
    run = RunDirectory(model)
    return run if _finished(run) else None


def write_film(folder: Path, run: RunDirectory) -> StoredFilm:
    """Writes the film of a run beside the networks of its bundle."""
    content = _Content()
    frames = [_frame(content, epoch, _arrays(file)) for epoch, file in _finished(run).items()]
    still = run.film / STILL
    document: dict[str, Any] = {
        "format_version": FORMAT,
        "kind": "pictures" if PICTURE in content.parts else "points",
        "frames": frames,
        "history": (history := _history(run.metrics_file)),
        "alarms": _alarms(history),
    }
    if document["kind"] == "points":
        document |= {"plane": [-EXTENT, EXTENT], "still": content.added(_arrays(still)) if still.is_file() else {}}
    document["parts"] = content.parts
    (folder / FRAMES).write_bytes(content.bytes)
    (folder / FILM).write_text(json.dumps(document, allow_nan=False), encoding="utf-8")
    return StoredFilm(*described(folder, FILM), frames=Stored(*described(folder, FRAMES)))


def _finished(run: RunDirectory) -> dict[int, Path]:
    """The frames up to the newest checkpoint, which is what is exported."""
    last = run.position().epochs
    return {epoch: file for epoch, file in frames_in(run.film).items() if epoch <= last}


class _Content:
    """The bytes of all frames, and what they are parts of."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.parts: dict[str, dict[str, Any]] = {}

    def added(self, arrays: dict[str, np.ndarray]) -> dict[str, list[int]]:
        """Where arrays are, by name."""
        return {name: self._added(name, array) for name, array in arrays.items()}

    def _added(self, name: str, array: np.ndarray) -> list[int]:
        if name == PICTURE:
            self.parts[name] = {"type": PNG}
        else:
            self.parts[name] = {"type": array.dtype.name, "shape": list(array.shape)}
            # So that readers can look at numbers where they are.
            self.bytes.extend(bytes(-len(self.bytes) % array.itemsize))
        stored = array.astype(TYPES[array.dtype.name]).tobytes()
        place = [len(self.bytes), len(stored)]
        self.bytes.extend(stored)
        return place


def _arrays(file: Path) -> dict[str, np.ndarray]:
    with np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _frame(content: _Content, epoch: int, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    step = int(arrays.pop(STEP))
    figures = {name: float(array) for name, array in arrays.items() if array.ndim == 0}
    parts = {name: array for name, array in arrays.items() if array.ndim}
    return {"epoch": epoch, "step": step, "at": content.added(parts), "figures": figures}


def _history(metrics: Path) -> dict[str, list[float | None]]:
    """The columns of a run's figures; none where there are none yet."""
    if not metrics.is_file():
        return {}
    with metrics.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [_number(row[name]) for row in rows] for name in (rows[0] if rows else ())}


def _number(text: str) -> float | None:
    return float(text) if text and math.isfinite(float(text)) else None


def _alarms(history: dict[str, list[float | None]]) -> list[dict[str, Any]]:
    """When each alarm was raised: in the first of the epochs one after the other in which it holds."""
    rows = [dict(zip(history, values, strict=True)) for values in zip(*history.values(), strict=True)]
    # What is not finite has no number in JSON.
    finite = [{name: value for name, value in row.items() if value is not None} for row in rows]
    return [
        {"epoch": one.epoch, "figure": one.alarm.figure, "value": one.value, "cause": one.alarm.cause}
        for one in alarms_in(finite)
    ]
