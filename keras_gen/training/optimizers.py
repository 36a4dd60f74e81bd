"""Optimizers as plain values: what a recipe or the command line can say about one."""

from __future__ import annotations

import inspect
from dataclasses import asdict, dataclass
from typing import Literal

import keras

from serving.errors import InputError, require_at_least

OPTIMIZERS: dict[str, type[keras.optimizers.Optimizer]] = {
    "adam": keras.optimizers.Adam,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


@dataclass(frozen=True)
class OptimizerSpec:
    """An optimizer by name. What is left out keeps Keras's own default.

    Args:
        name: which optimizer.
        learning_rate: step size.
        decay_steps: steps over which the step size falls to zero along half a cosine; constant if left out.
        beta_1: decay of Adam's first moment.
        beta_2: decay of Adam's second moment.
        epsilon: what Adam and RMSprop add to the root of the second moment.
        momentum: of SGD and RMSprop.
        global_clipnorm: largest norm of all gradients of the player together.
    """

    name: Literal["adam", "rmsprop", "sgd"] = "adam"
    learning_rate: float = 1e-3
    decay_steps: int | None = None
    beta_1: float | None = None
    beta_2: float | None = None
    epsilon: float | None = None
    momentum: float | None = None
    global_clipnorm: float | None = None

    def build(self) -> keras.optimizers.Optimizer:
        """The Keras optimizer.

        Raises:
            InputError: an option that this optimizer does not have, or an impossible learning rate.
        """
        options = {key: value for key, value in asdict(self).items() if value is not None}
        cls = OPTIMIZERS[options.pop("name")]
        if not options["learning_rate"] > 0:
            raise InputError(f"`learning_rate` must be positive. Received: {self.learning_rate}.")
        if (steps := options.pop("decay_steps", None)) is not None:
            require_at_least(1, decay_steps=steps)
            options["learning_rate"] = keras.optimizers.schedules.CosineDecay(self.learning_rate, steps)
        known = inspect.signature(cls).parameters
        if unknown := [key for key in options if key not in known]:
            raise InputError(f"`{unknown[0]}` must be left out for {self.name!r}. Received: {options[unknown[0]]}.")
        return cls(**options)
