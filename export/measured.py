"""The figures that a trained model was measured with, for its bundle."""

from __future__ import annotations

from pathlib import Path

import keras

from keras_gen.training.callbacks.checkpoints import list_checkpoints
from keras_gen.training.fitted_prior import FILE
from keras_gen.training.run_directory import RunDirectory
from serving.bundle.figures import EVALUATION


def measured_file(model: keras.Model | str | Path) -> Path | None:
    """What `keras-gen evaluate` wrote of a run or a `.keras` file, where that is not older than weights and prior.

    Args:
        model: as `export_bundle` takes it.
    """
    if isinstance(model, keras.Model):
        return None
    place = Path(model)
    of_file = place.suffix == ".keras"
    figures = place.with_name(f"{place.stem}_{EVALUATION}") if of_file else place / EVALUATION
    weights = [place] if of_file else list_checkpoints(RunDirectory(place).checkpoints)
    made = [weights[-1], *(file for file in [place / FILE] if not of_file and file.is_file())]
    if not figures.is_file() or figures.stat().st_mtime < max(file.stat().st_mtime for file in made):
        return None
    return figures
