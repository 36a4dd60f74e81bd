"""One run directory, as the page needs it: read again whenever it has changed, never written."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from keras_gen.training.alarms import ADVERSARIAL, alarms_in
from keras_gen.training.run_files import CONFIG, EPOCH, METRICS, PROGRESS, SAMPLES, flatten, picture_name, read_metrics
from keras_gen.watch.status import Status, status_of

PICTURE = re.compile(r"epoch_(\d+)\.png")
# A comment that `claim` writes in the first line of the options.
VERSIONS = re.compile(r"([\w.-]+) ([\w.+-]+)(?:,|$)")


class WatchedRun:
    """A run directory.

    Args:
        folder: the run directory.
        name: for people.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.id = hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:12]
        self._config: tuple[Any, dict[str, Any]] = (None, {})
        self._rows: tuple[Any, list[dict[str, float]]] = (None, [])

    def summary(self) -> dict[str, Any]:
        """How far it is, its last figures, and a version that changes with what `details` gives."""
        config, rows = self.config(), self.rows()
        epochs = _whole(config.get("epochs"))
        status = status_of(self.folder, epochs)
        last = int(rows[-1][EPOCH]) if rows else 0
        return {
            "id": self.id,
            "name": self.name,
            "model": str(config.get("name", "")),
            "data": str(config.get("data", "")),
            **status._asdict(),
            "epoch": _epoch(status, last),
            "epochs": epochs,
            "changed": max((_stamp(self.folder / name) for name in (PROGRESS, METRICS, CONFIG)), default=(0, 0))[0]
            / 1e9,
            "version": _version(self.folder / name for name in (CONFIG, METRICS, SAMPLES)),
        }

    def details(self) -> dict[str, Any]:
        """Curves by name, alarms, options with the versions it was made with, and which epochs have a picture."""
        rows, config = self.rows(), self.config()
        names = dict.fromkeys(name for row in rows for name in row if name != EPOCH)
        watched = ADVERSARIAL if config.get("alarms") is not False else ()
        return {
            "id": self.id,
            "epochs": [int(row[EPOCH]) for row in rows],
            "figures": {name: [_finite(row.get(name)) for row in rows] for name in names},
            "alarms": [
                {"epoch": one.epoch, "figure": one.alarm.figure, "value": _finite(one.value), "line": str(one)}
                for one in alarms_in(rows, watched)
            ],
            "config": {name: _shown(value) for name, value in flatten(config)},
            "versions": self._versions(),
            "pictures": [[epoch, _stamp(file)[0] // 1_000_000] for epoch, file in sorted(self._pictures().items())],
        }

    def picture(self, epoch: int) -> bytes | None:
        """The PNG file of an epoch; None where there is none, or a link that leads out of the run."""
        file = self.folder / SAMPLES / picture_name(epoch)
        try:
            inside = file.resolve().is_relative_to(self.folder.resolve())
            return file.read_bytes() if inside and file.is_file() else None
        except OSError:
            return None

    def rows(self) -> list[dict[str, float]]:
        """The lines of `metrics.csv`."""
        stamp = _stamp(self.folder / METRICS)
        if self._rows[0] != stamp:
            self._rows = stamp, _read(self.folder / METRICS)
        return self._rows[1]

    def config(self) -> dict[str, Any]:
        """The options; none where they cannot be read."""
        stamp = _stamp(self.folder / CONFIG)
        if self._config[0] != stamp:
            self._config = stamp, _options(self.folder / CONFIG)
        return self._config[1]

    def _versions(self) -> dict[str, str]:
        try:
            with (self.folder / CONFIG).open(encoding="utf-8", errors="replace") as file:
                line = file.readline()
        except OSError:
            return {}
        return dict(VERSIONS.findall(line.rstrip())) if line.startswith("#") else {}

    def _pictures(self) -> dict[int, Path]:
        try:
            files = list((self.folder / SAMPLES).iterdir())
        except OSError:
            return {}
        return {int(match[1]): file for file in files if (match := PICTURE.fullmatch(file.name))}


def _read(metrics: Path) -> list[dict[str, float]]:
    try:
        return read_metrics(metrics)
    except OSError:
        return []


def _options(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError, ValueError):
        return {}
    return {str(name): value for name, value in content.items()} if isinstance(content, dict) else {}


def _epoch(status: Status, last: int) -> int:
    """A file of figures may be of after the progress that a killed run left."""
    return last if status.epoch is None else max(status.epoch, last) if status.state != "running" else status.epoch


def _stamp(path: Path) -> tuple[int, int]:
    """What changes with a file: time in nanoseconds and size; zeros where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _version(paths: Iterable[Path]) -> str:
    return "-".join(f"{part:x}" for path in paths for part in _stamp(path))


def _finite(value: float | None) -> float | None:
    """JSON has no other numbers."""
    return value if value is not None and math.isfinite(value) else None


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _shown(value: Any) -> str:
    return "default" if value is None else str(value)
