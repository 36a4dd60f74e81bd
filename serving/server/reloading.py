"""Bundles that changed on the disk are served in their new version."""

from __future__ import annotations

import contextlib
import logging
import threading
from pathlib import Path

from serving.common.errors import InputError
from serving.server.catalogue import Bundle, digest_at
from serving.server.engine import Engine

log = logging.getLogger(__name__)

Looks = tuple[tuple[str, int, int], ...]


class Reloader:
    """Has bundles opened again whose manifest is another than the one that is served. One that cannot be opened is
    tried again when anything in its folder changed; the one before it is served meanwhile.

    Args:
        engine: that serves them.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._refused: dict[str, Looks] = {}
        self._looking = threading.Lock()

    def look(self) -> list[str]:
        """Serves every bundle anew whose manifest changed; their names."""
        with self._looking:
            return [name for name, bundle in self._engine.catalogue.bundles.items() if self._renewed(name, bundle)]

    def _renewed(self, name: str, bundle: Bundle) -> bool:
        folder = bundle.opened.bundle.absolute()
        if digest_at(folder) in ("", bundle.digest):
            return False
        looks = _looks(folder)
        if self._refused.get(name) == looks:
            return False
        try:
            self._engine.reload(name)
        except (InputError, OSError) as error:
            self._refused[name] = looks
            log.error("%s stays at version %s, since the new one is refused: %s", name, bundle.version, error)
            return False
        self._refused.pop(name, None)
        return True


def _looks(folder: Path) -> Looks:
    """Name, size and time of change of every file: differs when one was written."""
    found = []
    for path in sorted(folder.iterdir()):
        with contextlib.suppress(FileNotFoundError):  # it is being replaced
            status = path.stat()
            found.append((path.name, status.st_size, status.st_mtime_ns))
    return tuple(found)
