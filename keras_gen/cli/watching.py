"""What `keras-gen train` watches besides the losses."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from keras_gen.cli.spelling import as_option
from keras_gen.cli.train_data import TrainingData
from keras_gen.cli.train_options import WatchingOptions
from keras_gen.training.base import BaseModel
from serving.common.errors import InputError
from serving.common.images import to_float

if TYPE_CHECKING:
    from keras_gen.metrics.classifier import Classifier


def watch_callbacks(
    model: BaseModel, data: TrainingData, options: WatchingOptions, best_file: Path, before: Path
) -> list[keras.callbacks.Callback]:
    """Callbacks that add figures to an epoch's, give the alarms, and keep the best model, in this order.

    Args:
        model: as it will be trained; when it is loaded anew, the callbacks take the model of `fit`.
        data: what it is trained on.
        options: what to watch.
        best_file: where the best model goes.
        before: where the best model of the run so far is, which is elsewhere for a worker that is not the chief.

    Raises:
        InputError: a model that cannot do what is asked for, data without labels, an unknown figure.
    """
    from keras_gen.metrics.distance import FRECHET
    from keras_gen.training.adversarial import AdversarialModel
    from keras_gen.training.callbacks import Alarms, BestModel, EpochFigures
    from keras_gen.training.sample_watch import SAMPLES, SampleWatch

    callbacks: list[keras.callbacks.Callback] = []
    names = [*model.trackers, *(f"val_{name}" for name in model.trackers if options.validation)]
    alarms = isinstance(model, AdversarialModel) if options.alarms is None else options.alarms
    asked: dict[str, Any] = {"alarms": options.alarms, "watch_modes": options.watch_modes}
    if not model.spec.translates:
        asked["frechet_every"] = options.frechet_every
    _require_prior(model, [name for name, value in asked.items() if value])
    classifier = _classifier(data) if options.watch_modes or options.frechet_every else None
    if (alarms and model.spec.prior is not None) or options.watch_modes:
        pictures = to_float(data.source.draw(SAMPLES, seed=0).examples.images)
        watch = SampleWatch(pictures, _classify(classifier) if classifier and options.watch_modes else None)
        names += watch.names(model.spec.labelled)
        callbacks.append(EpochFigures(watch))
    if classifier and options.frechet_every:
        names.append(FRECHET)
        callbacks.append(EpochFigures(data.distance(classifier, options.frechet_samples), options.frechet_every))
    if alarms:
        callbacks.append(Alarms())
    if options.best is not None:
        callbacks.append(
            BestModel(best_file, options.best, options.best_mode, names, before.with_suffix(".json"), options.patience)
        )
    elif options.patience is not None:
        raise InputError("--patience must come with --best, whose figure it waits for. Received: --patience alone.")
    return callbacks


def _require_prior(model: BaseModel, asked: list[str]) -> None:
    if asked and model.spec.prior is None:
        option = as_option(asked[0])
        raise InputError(f"{option} must be asked of a model that draws samples. Received: {type(model).__name__}.")


def _classifier(data: TrainingData) -> Callable[[], Classifier]:
    """Gives the classifier of the data that `evaluate --metrics frechet` uses too, trained when it is first needed."""
    from keras_gen.metrics.classifier_cache import cached_classifier

    source, held_out = data.judging()

    @cache
    def trained() -> Classifier:
        found, accuracy = cached_classifier(source, held_out)
        print(f"classifier of {source.name}: accuracy {accuracy:.4f} on its {len(held_out)} test pictures")
        return found

    return trained


def _classify(classifier: Callable[[], Classifier]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda images: classifier().predict(images).argmax(axis=1)
