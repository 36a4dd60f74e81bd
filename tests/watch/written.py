"""A run directory as a training writes it, one step after the other."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path

import numpy as np

from serving.common.images import write_png

CONFIG = """# keras-gen 0.1.0, tensorflow 2.21.0, keras 3.15.1, numpy 2.4.6, Python 3.11.7
name: gan
data: digits
epochs: {epochs}
seed: {seed}
alarms: null
model:
  latent_dim: 32
  penalties: null
"""


class WrittenRun:
    """A run of 10 steps an epoch; `epoch` and `progress` write what a training would have written by then."""

    def __init__(self, folder: Path, epochs: int = 4, seed: int = 1) -> None:
        self.folder = folder
        self.epochs = epochs
        self.rows: list[dict[str, float]] = []
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text(CONFIG.format(epochs=epochs, seed=seed))

    def epoch(self, picture: bool = False, **figures: float) -> None:
        number = len(self.rows) + 1
        self.rows.append({"epoch": number, **figures})
        if picture:
            write_png(self.folder / "samples" / f"epoch_{number:04d}.png", np.full((8, 8, 1), number, np.uint8))
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        lines = [columns, *([str(row.get(name, "")) for name in columns] for row in self.rows)]
        (self.folder / "metrics.csv").write_text("".join(",".join(line) + "\n" for line in lines))

    def progress(self, **other: object) -> None:
        content = {
            "state": "training",
            "reason": "",
            "epoch": len(self.rows),
            "epochs": self.epochs,
            "step": 0,
            "steps": 10,
            "figures": {},
            "trained": 10 * len(self.rows),
            "seconds": 30.0 * len(self.rows),
            "process": os.getpid(),
            "host": socket.gethostname(),
            "updated": time.time(),
        }
        (self.folder / "progress.json").write_text(json.dumps({**content, **other}))
