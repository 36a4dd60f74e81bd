"""Step sizes that fall while training goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import keras
from keras import ops
from keras.optimizers import schedules

from keras_gen.registry import Registry
from serving.common.errors import InputError, require_at_least

EXPONENTIAL_RATE = 0.1
INVERSE_RATE, INVERSE_POWER = 10.0, 0.75


@keras.saving.register_keras_serializable(package="keras_gen")
class InverseDecay(schedules.LearningRateSchedule):
    """`rate / (1 + decay_rate * p) ** decay_power` with `p = step / decay_steps`, at most 1.

    Args:
        learning_rate: the rate at step 0.
        decay_steps: steps after which it stays as it is.
        decay_rate: alpha in the paper.
        decay_power: beta in the paper.

    Source: Ganin et al. 2016, "Domain-Adversarial Training of Neural Networks", section 5.2.2.
    """

    def __init__(
        self,
        learning_rate: float,
        decay_steps: int,
        decay_rate: float = INVERSE_RATE,
        decay_power: float = INVERSE_POWER,
    ) -> None:
        super().__init__()
        self.learning_rate = learning_rate
        self.decay_steps = decay_steps
        self.decay_rate = decay_rate
        self.decay_power = decay_power

    def __call__(self, step: Any) -> Any:
        progress = ops.minimum(ops.cast(step, "float32") / self.decay_steps, 1.0)
        return self.learning_rate / (1.0 + self.decay_rate * progress) ** self.decay_power

    def get_config(self) -> dict[str, Any]:
        names = ("learning_rate", "decay_steps", "decay_rate", "decay_power")
        return {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable(package="keras_gen")
class Held(schedules.LearningRateSchedule):
    """The first rate of a schedule for `hold_steps` steps, then the schedule.

    Args:
        schedule: what follows.
        hold_steps: steps before it.
    """

    def __init__(self, schedule: schedules.LearningRateSchedule, hold_steps: int) -> None:
        super().__init__()
        self.schedule = schedule
        self.hold_steps = hold_steps

    def __call__(self, step: Any) -> Any:
        return self.schedule(ops.maximum(ops.cast(step, "int64") - self.hold_steps, 0))

    def get_config(self) -> dict[str, Any]:
        return {"schedule": schedules.serialize(self.schedule), "hold_steps": self.hold_steps}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Held:
        return cls(schedules.deserialize(config["schedule"]), config["hold_steps"])


@dataclass(frozen=True)
class RateSchedule:
    """A way for step sizes to fall.

    Attributes:
        build: of the first rate, and by name of those of `options` that are given: a schedule that Keras can save.
        options: those that it has among `decay_steps`, which must be given then, `decay_rate` and `decay_power`.
    """

    build: Callable[..., float | schedules.LearningRateSchedule]
    options: tuple[str, ...] = ("decay_steps",)


def _constant(learning_rate: float) -> float:
    """The rate itself, in every step."""
    return learning_rate


def _linear(learning_rate: float, decay_steps: int) -> schedules.LearningRateSchedule:
    """Along a line to 0 at `decay_steps`, where it stays."""
    return schedules.PolynomialDecay(learning_rate, decay_steps, end_learning_rate=0.0)


def _exponential(
    learning_rate: float, decay_steps: int, decay_rate: float = EXPONENTIAL_RATE
) -> schedules.LearningRateSchedule:
    """`rate * decay_rate ** (step / decay_steps)`."""
    return schedules.ExponentialDecay(learning_rate, decay_steps, decay_rate)


SCHEDULES: Registry[RateSchedule] = Registry(
    "schedule",
    {
        "constant": RateSchedule(_constant, ()),
        "cosine": RateSchedule(schedules.CosineDecay),
        "linear": RateSchedule(_linear),
        "exponential": RateSchedule(_exponential, ("decay_steps", "decay_rate")),
        "inverse": RateSchedule(InverseDecay, ("decay_steps", "decay_rate", "decay_power")),
    },
    kind=RateSchedule,
)
Schedule: TypeAlias = Annotated[str, SCHEDULES]


def scheduled_rate(
    learning_rate: float,
    schedule: Schedule | None,
    decay_steps: int | None,
    decay_rate: float | None,
    decay_power: float | None,
    hold_steps: int | None,
) -> float | schedules.LearningRateSchedule:
    """The rate itself, or the schedule by its name; the arguments are the fields of `OptimizerSpec`.

    Raises:
        InputError: an unknown schedule, a number out of range, or one that the schedule does not have.
    """
    kind = schedule or ("constant" if decay_steps is None else "cosine")
    chosen = SCHEDULES.find(kind)
    decay = {"decay_steps": decay_steps, "decay_rate": decay_rate, "decay_power": decay_power}
    given = {name: value for name, value in decay.items() if value is not None}
    for name, value in given.items():
        if name not in chosen.options:
            raise InputError(f"`{name}` must be left out for the schedule {kind!r}. Received: {value}.")
        if name != "decay_steps" and not value > 0:
            raise InputError(f"`{name}` must be positive. Received: {value}.")
    if "decay_steps" in chosen.options:
        if decay_steps is None:
            raise InputError(f"`decay_steps` must be given for the schedule {kind!r}. Received: None.")
        require_at_least(1, decay_steps=decay_steps)
    rate = chosen.build(learning_rate, **given)
    if hold_steps is None:
        return rate
    if not isinstance(rate, schedules.LearningRateSchedule):
        raise InputError(f"`hold_steps` must be left out for the schedule {kind!r}. Received: {hold_steps}.")
    require_at_least(1, hold_steps=hold_steps)
    return Held(rate, hold_steps)
