"""MLflow."""

from __future__ import annotations

import logging
import os
import tempfile
import time
from pathlib import Path

from keras_gen.training.trackers.tracker import Epoch, TrackedRun, Tracker

EXPERIMENT = "keras-gen"
TAG = "keras_gen.run"
# What MLflow takes in one request, and of one text.
MOST_PARAMETERS, LONGEST = 100, 6000


class MlflowTracker(Tracker):
    """A run of MLflow, in `mlflow/` of the run directory, or where `MLFLOW_TRACKING_URI` says.

    It is found again by its tag `keras_gen.run`. MLflow changes no parameter, so that those of a resumed run are the
    ones that it began with; `config.yaml` among its artifacts is of now.
    """

    packages = ("mlflow", "sqlalchemy", "alembic")

    def open(self, run: TrackedRun) -> int:
        # Without it the package tells its maker how it is used.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        # How it makes its tables.
        logging.getLogger("mlflow.store.db.utils").setLevel(logging.WARNING)
        from mlflow.entities import Metric
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient

        self.errors = (OSError, MlflowException)
        self.metric = Metric
        self.folder = (run.folder / "mlflow").resolve()
        self.uri = os.environ.get("MLFLOW_TRACKING_URI")
        if not self.uri:
            self.folder.mkdir(exist_ok=True)
        self.client = MlflowClient(tracking_uri=self.uri or f"sqlite:///{self.folder / 'mlflow.db'}")
        self.id = self._found(run)
        self.client.update_run(self.id, status="RUNNING")
        self._describe(run)
        return self._last()

    def log(self, epoch: Epoch) -> None:
        if epoch.picture:
            self.client.log_artifact(self.id, str(epoch.picture), "samples")
        if epoch.alarms:
            self._tell(epoch)
        # Last, since they say which epochs are there. One call is one transaction.
        now = int(time.time() * 1000)
        figures = epoch.figures.items()
        self.client.log_batch(
            self.id, metrics=[self.metric(name, float(value), now, epoch.number) for name, value in figures]
        )

    def close(self, reason: str | None) -> None:
        if reason:
            self.client.set_tag(self.id, "stopped", reason[:LONGEST])
        self.client.set_terminated(self.id, "FAILED" if reason else "FINISHED")

    def place(self) -> str:
        return f"mlflow: {self.uri or self.folder}"

    def _found(self, run: TrackedRun) -> str:
        """The run in its experiment, made where there is none."""
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
        found = self.client.get_experiment_by_name(name)
        files = None if self.uri else (self.folder / "artifacts").as_uri()
        experiment = found.experiment_id if found else self.client.create_experiment(name, artifact_location=files)
        runs = self.client.search_runs([experiment], f"tags.`{TAG}` = '{run.id}'", max_results=1)
        if runs:
            return runs[0].info.run_id
        return self.client.create_run(experiment, run_name=run.name, tags={TAG: run.id}).info.run_id

    def _describe(self, run: TrackedRun) -> None:
        from mlflow.entities import Param

        known = self.client.get_run(self.id).data.params
        new = [Param(name, str(value)[:LONGEST]) for name, value in run.config.items() if name not in known]
        for start in range(0, len(new), MOST_PARAMETERS):
            self.client.log_batch(self.id, params=new[start : start + MOST_PARAMETERS])
        self.client.log_artifact(self.id, str(run.config_file))

    def _last(self) -> int:
        names = self.client.get_run(self.id).data.metrics
        histories = (self.client.get_metric_history(self.id, name) for name in names)
        return max((point.step for history in histories for point in history), default=0)

    def _tell(self, epoch: Epoch) -> None:
        """An artifact for each epoch with alarms, written again where an epoch is."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"epoch_{epoch.number:04d}.txt"
            file.write_text("\n".join(epoch.alarms) + "\n", encoding="utf-8")
            self.client.log_artifact(self.id, str(file), "alarms")
