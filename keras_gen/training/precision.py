"""Converts models that were trained in half or double precision to float32."""

from __future__ import annotations

from typing import Any

import keras

from keras_gen.training.base import BaseModel
from keras_gen.training.config import classes_of

OTHERS = ("bfloat16", "float16", "mixed_bfloat16", "mixed_float16", "float64")


def in_float32(model: BaseModel) -> BaseModel:
    """The model itself if all of it computes in float32; otherwise a float32 copy with the same weights.

    The compute dtype is part of the layers, and ONNX Runtime supports few operations in bfloat16 and float64.
    """
    if not any(layer.compute_dtype in OTHERS for layer in model._flatten_layers()):
        return model
    # Layers that a user's own layer makes in its constructor are not in the config: they take the policy of the moment.
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        with classes_of(model):
            copy = type(model).from_config(widened(model.get_config()))
    finally:
        keras.config.set_dtype_policy(policy)
    copy.set_weights(model.get_weights())
    if model.fitted_prior:
        copy.use_prior(model.fitted_prior)
    return copy


def widened(config: Any) -> Any:
    """A config with the names of other types replaced."""
    if isinstance(config, dict):
        return {key: widened(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(map(widened, config))
    return "float32" if isinstance(config, str) and config in OTHERS else config
