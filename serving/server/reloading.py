"""Bundles that changed on the disk are served in their new version."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from serving.common.errors import InputError
from serving.server.catalogue import Bundle, digest_at
from serving.server.engine import Engine

log = logging.getLogger(__name__)

Looks = tuple[tuple[str, int, int], ...]


class Reloader:
    """Looks at the folders of served bundles now and then, and has those opened whose manifest is another. One that
    cannot be opened is tried again when anything in its folder changed; the one before it is served meanwhile.

    Args:
        engine: that serves them.
        seconds: between two looks.
    """

    def __init__(self, engine: Engine, seconds: float = 5.0) -> None:
        self._engine, self._seconds = engine, seconds
        self._refused: dict[str, Looks] = {}
        self._wake = threading.Event()
        self._stopped = False
        self._looking = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name="reloader", daemon=True)

    def start(self) -> None:
        """Looks from now on, in a thread of its own."""
        self._thread.start()

    def wake(self) -> None:
        """Has it look at once, such as when the process gets SIGHUP; may be called in a handler of signals."""
        self._wake.set()

    def stop(self) -> None:
        """Ends the thread, after the bundle that it opens."""
        self._stopped = True
        self._wake.set()
        self._thread.join()

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

    def _watch(self) -> None:
        while not self._stopped:
            self._wake.wait(self._seconds)
            self._wake.clear()
            if self._stopped:
                return
            try:
                self.look()
            except Exception:
                log.exception("Bundles could not be looked at.")


def _looks(folder: Path) -> Looks:
    """Name, size and time of change of every file: differs when one was written."""
    found = []
    for path in sorted(folder.iterdir()):
        status = path.stat()
        found.append((path.name, status.st_size, status.st_mtime_ns))
    return tuple(found)
