"""Resumes `fit` at any training step; the result equals an uninterrupted training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf
from keras.src.trainers.data_adapters.tf_dataset_adapter import TFDatasetAdapter

from keras_gen.training.base import BaseModel
from keras_gen.training.position import Position


def fit_from(
    position: Position,
    model: BaseModel,
    batches: Callable[[Position], tf.data.Dataset | tf.distribute.DistributedDataset],
    steps_per_epoch: int,
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback],
    validation_data: Any = None,
    verbose: int = 2,
) -> None:
    """Trains until `epochs` epochs are finished.

    The rest of an epoch that was interrupted is a `fit` of its own. Its metrics continue from the saved ones, and its
    callbacks see the true number of the epoch and of the last epoch. The data, of a source of this package, is not
    looked at again.

    Args:
        position: epoch and step that the model and the data are at.
        model: compiled, as it was saved at that position.
        batches: function from a position to an endless data set that begins there.
        steps_per_epoch: batches in an epoch.
        epochs: of the whole training.
        callbacks: as for `fit`.
        validation_data: as for `fit`.
        verbose: as for `fit`.
    """

    def part(start: Position, end: int, steps: int) -> None:
        # Of `fit`'s own list callbacks would hear that the part's last epoch is the training's last.
        listed = keras.callbacks.CallbackList(
            list(callbacks),
            add_history=True,
            add_progbar=verbose != 0,
            model=model,
            epochs=epochs,
            steps=steps,
            verbose=verbose,
        )
        model.fit(
            TFDatasetAdapter(batches(start)),
            initial_epoch=start.epochs,
            epochs=end,
            steps_per_epoch=steps,
            validation_data=None if validation_data is None else TFDatasetAdapter(validation_data),
            # The stream is in a new order each epoch.
            shuffle=False,
            verbose=verbose,
            callbacks=listed,
        )

    if position.steps:
        model.continue_epoch()
        part(position, position.epochs + 1, steps_per_epoch - position.steps)
        position = Position(position.epochs + 1)
        if model.stop_training:
            return
    if position.epochs < epochs:
        part(position, epochs, steps_per_epoch)
