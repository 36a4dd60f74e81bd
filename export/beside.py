"""Files of a bundle that no network needs."""

from __future__ import annotations

import hashlib
from pathlib import Path


def described(folder: Path, name: str) -> tuple[str, str, int]:
    """Name, SHA-256 and size of a file, as the manifest has them."""
    content = (folder / name).read_bytes()
    return name, hashlib.sha256(content).hexdigest(), len(content)
