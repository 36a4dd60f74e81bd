"""Weights & Biases."""

from __future__ import annotations

import os
import shutil
from typing import Any

from keras_gen.training.trackers.tracker import Epoch, TrackedRun, Tracker

PROJECT = "keras-gen"
OFFLINE = "offline"


class WandbTracker(Tracker):
    """A run of Weights & Biases: in the folder `wandb/` of the run directory, and sent if `WANDB_MODE=online` says so.

    What waits in a buffer is lost when a training is killed. So an offline run is written anew, from its first epoch,
    whenever a training is resumed; its files are complete, and those before are removed.
    """

    packages = ("wandb",)

    def open(self, run: TrackedRun) -> int:
        # Without it errors of the package are reported to its maker.
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        import wandb

        self.errors = (OSError, wandb.Error)
        self.mode: Any = os.environ.get("WANDB_MODE", OFFLINE)
        self.folder = run.folder / "wandb"
        if self.mode == OFFLINE:
            for old in self.folder.glob(f"offline-run-*-{run.id}"):
                shutil.rmtree(old)
        self.run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            name=os.environ.get("WANDB_NAME", run.name),
            id=run.id,
            dir=str(run.folder),
            mode=self.mode,
            config=dict(run.config),
            resume=None if self.mode == OFFLINE else "allow",
            reinit="create_new",
            settings=_only_what_is_logged(wandb),
        )
        # The next step, which is behind the last epoch.
        return max(0, self.run.step - 1) if self.run.resumed else 0

    def log(self, epoch: Epoch) -> None:
        import wandb

        content: dict[str, Any] = {name: float(value) for name, value in epoch.figures.items()}
        if epoch.picture:
            content["samples"] = wandb.Image(str(epoch.picture))
        self.run.log(content, step=epoch.number, commit=True)
        for line in epoch.alarms:
            # Of alerts with the same title only one a minute is sent.
            self.run.alert(title=line.partition(" (")[0], text=line, level=wandb.AlertLevel.WARN)

    def close(self, reason: str | None) -> None:
        if reason:
            self.run.summary["stopped"] = reason
        self.run.finish(exit_code=1 if reason else 0)

    def place(self) -> str:
        if self.mode == OFFLINE:
            return f"wandb: {self.folder}, nothing is sent; `wandb sync` sends it, WANDB_MODE=online at once"
        return f"wandb: {self.run.url or self.mode}"


def _only_what_is_logged(wandb: Any) -> Any:
    """Settings with which neither code, Git, packages, output nor measurements of the machine are recorded."""
    return wandb.Settings(
        silent=True,
        console="off",
        disable_code=True,
        disable_git=True,
        disable_job_creation=True,
        save_code=False,
        x_disable_machine_info=True,
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
    )
