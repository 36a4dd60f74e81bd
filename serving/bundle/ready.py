"""Ready bundles: trained by the project's own recipes, and a part of the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from serving.bundle.manifest import FILE_NAME
from serving.bundle.prefixes import READY
from serving.common import environment
from serving.common.errors import InputError, nearest, shown


def ready_folder() -> Path:
    """The folder with a folder for each of them: that of `KERAS_GEN_READY`, or the package's own."""
    return Path(environment.READY.read() or Path(__file__).parents[1] / "ready").expanduser()


def ready_names() -> list[str]:
    """What the ready bundles are called."""
    return sorted(manifest.parent.name for manifest in ready_folder().glob(f"*/{FILE_NAME}"))


def ready_bundle(text: str) -> Path:
    """The folder of a ready bundle.

    Args:
        text: `ready:NAME`.

    Raises:
        InputError: no such bundle.
    """
    name, names = text.removeprefix(READY), ready_names()
    if name not in names:
        among = f"one of {', '.join(names)}" if names else f"in {ready_folder()}, where there is none"
        raise InputError(f"a ready bundle must be {among}. Received: {shown(name)}.{nearest(name, names)}")
    return ready_folder() / name


def ready_catalogue() -> dict[str, dict[str, Any]]:
    """What is known of each ready bundle beside what is in it, by name: `title`, `recipe`, `data`, `data_license`, the
    `figures` that say most, and how it is measured. Empty for a folder of one's own without a `catalogue.json`."""
    file = ready_folder() / "catalogue.json"
    if not file.is_file():
        return {}
    entries: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return entries
