"""Which options of a variational autoencoder exclude each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

from serving.common.errors import InputError


class Exclusion(NamedTuple):
    """Options that do not go together.

    Attributes:
        broken: whether they are together, of all options as attributes.
        wanted: what must be, for the message.
        shown: the options that the message shows.
    """

    broken: Callable[[Any], bool]
    wanted: str
    shown: tuple[str, ...]


EXCLUSIONS = (
    Exclusion(
        lambda of: (
            (of.num_samples > 1 or of.estimator == "doubly_reparameterized")
            and (of.beta != 1 or of.free_nats or of.kl_warmup_steps or of.estimator == "score_function")
        ),
        "the importance-weighted bound and doubly reparameterized gradients must have beta=1, free_nats=0, "
        "kl_warmup_steps=0 and no score function",
        ("num_samples", "beta", "free_nats", "kl_warmup_steps", "estimator"),
    ),
    Exclusion(
        lambda of: (
            of.objective == "simplified"
            and (
                of.likelihood != "gaussian"
                or of.sigma is None
                or of.num_samples > 1
                or of.free_nats
                or of.estimator != "pathwise"
            )
        ),
        "the simplified objective must have the gaussian likelihood with a given sigma, num_samples=1, free_nats=0 and "
        "the pathwise estimator",
        ("likelihood", "sigma", "num_samples", "free_nats", "estimator"),
    ),
    Exclusion(
        lambda of: of.regularizer and (of.num_samples > 1 or of.estimator != "pathwise" or of.objective != "elbo"),
        "a regularizer must have num_samples=1, the pathwise estimator and the objective elbo",
        ("num_samples", "estimator", "objective"),
    ),
    Exclusion(
        lambda of: (
            of.prior == "vamp"
            and (of.free_nats or of.estimator == "score_function" or of.objective != "elbo" or of.regularizer == "mmd")
        ),
        "the prior vamp must have free_nats=0, no score function, the objective elbo and no regularizer mmd",
        ("free_nats", "estimator", "objective", "regularizer"),
    ),
    Exclusion(
        lambda of: (
            of.posterior == "iaf"
            and (
                of.prior != "standard_normal"
                or of.free_nats
                or of.estimator != "pathwise"
                or of.importance != "iwae"
                or of.objective != "elbo"
                or of.regularizer
            )
        ),
        "the posterior iaf must have the prior standard_normal, free_nats=0, the pathwise estimator, the importance "
        "iwae, the objective elbo and no regularizer",
        ("prior", "free_nats", "estimator", "importance", "objective", "regularizer"),
    ),
)


def check_exclusions(options: Mapping[str, Any], exclusions: Sequence[Exclusion] = EXCLUSIONS) -> None:
    """Raises InputError for options that exclude each other.

    Args:
        options: those that the exclusions ask for, by name.
        exclusions: those of `VAE` by default.
    """
    of = SimpleNamespace(**options)
    for broken, wanted, shown in exclusions:
        if broken(of):
            received = ", ".join(f"{name}={options[name]!r}" for name in shown)
            raise InputError(f"{wanted}. Received: {received}.")
