"""Layers under the names that they had before, so that what was saved with those names loads.

A registered name is part of the format of `.keras` files, in their configuration and in the paths of their weights. Who
renames a registered class leaves the old name here, and writes the new one to `tests/formats/registered_names.txt`.
"""

from __future__ import annotations

from typing import Any

import keras

from keras_gen.layers.dropout import Dropout
from keras_gen.layers.truncation import TruncatedNormal


@keras.saving.register_keras_serializable(package="keras_gen")
class ChannelDropout(Dropout):
    """`Dropout` of whole channels.

    Args:
        rate: as for `Dropout`.
        seed: likewise.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(rate, channels=True, seed=seed, **kwargs)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["channels"]
        return config


@keras.saving.register_keras_serializable(package="keras_gen")
class Truncation(TruncatedNormal):
    """`TruncatedNormal`."""
