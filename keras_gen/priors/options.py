"""What is said of a fit."""

from __future__ import annotations

from dataclasses import dataclass

from serving.common.errors import require_at_least


@dataclass(frozen=True)
class PriorOptions:
    """Options of a fit; each kind of prior takes what it needs.

    Attributes:
        components: Gaussians of `mixture`.
        epochs: passes over the codes for what is trained, `two_stage` and `flow`.
        seed: of all random draws.

    Raises:
        InputError: a value out of range.
    """

    components: int = 10
    epochs: int = 30
    seed: int = 0

    def __post_init__(self) -> None:
        require_at_least(1, components=self.components, epochs=self.epochs)
        require_at_least(0, seed=self.seed)
