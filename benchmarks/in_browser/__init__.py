"""Measurements of the page by programs of Playwright, in the system's Chromium."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from serving.page.built import SOURCE

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def measured(program: str, address: str, **given: Any) -> dict[str, Any]:
    """What a program of this folder finds.

    Args:
        program: its file.
        address: of the site.
        **given: what else it is told.
    """
    chromium = next(filter(None, map(shutil.which, CHROMIUM)))
    told = json.dumps({"address": address, "chromium": chromium, **given})
    done = subprocess.run(
        ["node", Path(__file__).parent / program, str(SOURCE / "package.json"), told],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))
