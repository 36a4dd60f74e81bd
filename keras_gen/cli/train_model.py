"""A model as the options of a run make it, compiled and not trained yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from keras_gen.cli.train_data import TrainingData
from keras_gen.cli.train_options import TrainOptions
from keras_gen.training.base import BaseModel
from keras_gen.training.config import constructor_options
from keras_gen.training.optimizers import OptimizerSpec


def fresh_model(
    cls: type[BaseModel],
    data: TrainingData,
    options: TrainOptions,
    config: dict[str, Any],
    others: Mapping[str, keras.Model],
) -> BaseModel:
    """The compiled model.

    Args:
        cls: its class.
        data: of the run, which gives the size of the pictures and the classes.
        options: of the run.
        config: of the run; `model` has the constructor's arguments, and each optimizer's name its OptimizerSpec.
        others: trained models that the constructor takes, by the argument's name.
    """
    keras.utils.set_random_seed(options.run.seed % 2**32)
    if options.execution.deterministic:
        tf.config.experimental.enable_op_determinism()
    given: dict[str, Any] = {
        "image_shape": data.image_shape(),
        "classes": data.source.classes,
        "seed": options.run.seed,
    }
    options_of_model = constructor_options(cls)
    known = {name: value for name, value in given.items() if name in options_of_model}
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(options.execution.precision)
    try:
        model = cls(**known, **others, **config["model"])
    finally:
        keras.config.set_dtype_policy(before)
    if options.run.freeze is not None:
        model.freeze(*(pattern.strip() for pattern in options.run.freeze.split(",")))
    built = {key: OptimizerSpec(**config[key]).build() for key in cls.default_optimizers}
    model.compile(**built, steps_per_execution=options.execution.steps_per_execution)
    model.micro_batches = options.execution.accumulate
    return model
