"""The trackers that `--log` names."""

from __future__ import annotations

from collections.abc import Sequence

from keras_gen.registry import import_own, is_own
from keras_gen.training.trackers import TRACKERS, Tracker

# The file belongs to every run: resuming, films and `keras-gen watch` read it. Named alone, it means no tracker.
CSV = "csv"


def trackers_of(names: str | Sequence[str]) -> list[Tracker]:
    """The trackers of a run.

    Args:
        names: with commas between them, or a sequence of them: of the registry, or `module:name` of own code.

    Raises:
        InputError: an unknown name, or own code that is no tracker.
        ModuleNotFoundError: a package that a tracker needs is missing.
    """
    words = names.split(",") if isinstance(names, str) else names
    found = [_tracker(word) for word in dict.fromkeys(word.strip() for word in words) if word != CSV]
    for kind in found:
        kind.require()
    return [kind() for kind in found]


def _tracker(name: str) -> type[Tracker]:
    if is_own(name) and name not in TRACKERS:
        return TRACKERS.register(name, import_own(name, "--log"))  # type: ignore[arg-type]
    return TRACKERS.find(name, "--log")
