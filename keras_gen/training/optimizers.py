"""Optimizers by name and options, as recipes and the command line state them."""

from __future__ import annotations

import inspect
from dataclasses import asdict, dataclass
from typing import Annotated, TypeAlias

import keras

from keras_gen.registry import Registry
from keras_gen.training.adam import Adam
from keras_gen.training.schedules import Schedule, scheduled_rate
from serving.common.errors import InputError

OPTIMIZERS: Registry[type[keras.optimizers.Optimizer]] = Registry(
    "optimizer",
    {"adam": Adam, "rmsprop": keras.optimizers.RMSprop, "sgd": keras.optimizers.SGD},
    kind=type[keras.optimizers.Optimizer],
)
OptimizerName: TypeAlias = Annotated[str, OPTIMIZERS]
RATE = ("learning_rate", "schedule", "decay_steps", "decay_rate", "decay_power", "hold_steps")


@dataclass(frozen=True)
class OptimizerSpec:
    """An optimizer by name. Options that are not given keep Keras's defaults.

    Args:
        name: which optimizer.
        learning_rate: learning rate, at the start if there is a schedule.
        schedule: learning-rate schedule, with p = step / decay_steps: `constant`; `cosine` and `linear` to zero at
            p = 1; `exponential` as `decay_rate ** p`; `inverse` as `1 / (1 + decay_rate * p) ** decay_power` up to
            p = 1. The default is cosine if `decay_steps` is given, else constant.
        decay_steps: training steps in which p grows by 1.
        decay_rate: of the schedules exponential (0.1) and inverse (10).
        decay_power: of the schedule inverse (0.75).
        hold_steps: training steps at the initial rate before the schedule begins.
        beta_1: decay of Adam's first moment.
        beta_2: decay of Adam's second moment.
        epsilon: constant that Adam and RMSprop add to the root of the second moment.
        momentum: of SGD and RMSprop.
        global_clipnorm: clip the gradients of the player to this global norm.
    """

    name: OptimizerName = "adam"
    learning_rate: float = 1e-3
    schedule: Schedule | None = None
    decay_steps: int | None = None
    decay_rate: float | None = None
    decay_power: float | None = None
    hold_steps: int | None = None
    beta_1: float | None = None
    beta_2: float | None = None
    epsilon: float | None = None
    momentum: float | None = None
    global_clipnorm: float | None = None

    def build(self) -> keras.optimizers.Optimizer:
        """The Keras optimizer.

        Raises:
            InputError: an option that this optimizer or its schedule does not have, or an impossible learning rate.
        """
        fields = asdict(self)
        cls = OPTIMIZERS.find(fields.pop("name"))
        if not self.learning_rate > 0:
            raise InputError(f"`learning_rate` must be positive. Received: {self.learning_rate}.")
        rate = scheduled_rate(**{key: fields.pop(key) for key in RATE})
        options = {key: value for key, value in fields.items() if value is not None}
        known = inspect.signature(cls).parameters
        if unknown := [key for key in options if key not in known]:
            raise InputError(f"`{unknown[0]}` must be left out for {self.name!r}. Received: {options[unknown[0]]}.")
        return cls(learning_rate=rate, **options)
