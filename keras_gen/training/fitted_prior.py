"""A prior that was fitted to the codes of a trained model, beside the model in its run."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from serving.common.errors import InputError
from serving.common.files import whole_file

FILE, FACTS = "prior.keras", "prior.json"
AGAIN = "fit it again with `keras-gen fit-prior`, or delete it"


@dataclass(frozen=True)
class FittedPrior:
    """A prior with what it belongs to.

    Attributes:
        kind: how it was fitted: `gaussian`, `mixture`, ...
        network: `noise` -> `latent`.
        of: hash of the weights of the model whose codes it was fitted to.
        facts: further ones, for people.
    """

    kind: str
    network: keras.Model
    of: str
    facts: dict[str, Any] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """Its facts, with its kind."""
        return {"kind": self.kind, **self.facts}


def weights_hash(model: keras.Model) -> str:
    """SHA-256 of all weights that are real numbers; counters of steps are not."""
    digest = hashlib.sha256()
    for weight in model.weights:
        if keras.backend.is_float_dtype(weight.dtype):
            digest.update(np.ascontiguousarray(keras.ops.convert_to_numpy(weight), np.float32).tobytes())
    return digest.hexdigest()


def write_prior(run: Path, prior: FittedPrior) -> Path:
    """Stores it in a run directory, in place of any that is there; returns its file."""
    (run / FACTS).unlink(missing_ok=True)  # a network without facts is refused: never the facts of another
    with whole_file(run / FILE) as temporary:
        prior.network.save(temporary)
    said = {"kind": prior.kind, "of": prior.of, "facts": prior.facts}
    with whole_file(run / FACTS) as temporary:
        temporary.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    return run / FILE


def read_prior(run: Path, model: keras.Model) -> FittedPrior | None:
    """The prior of a run; None where none was fitted.

    Args:
        run: the directory.
        model: of the run, as it was loaded.

    Raises:
        InputError: one of another run, or of this one before it was trained further; or a damaged one.
    """
    file = run / FILE
    if not file.is_file():
        return None
    try:
        said = json.loads((run / FACTS).read_text(encoding="utf-8"))
        kind, of, facts = str(said["kind"]), str(said["of"]), dict(said["facts"])
        network = keras.saving.load_model(file, compile=False)
        fits = {name: tuple(value.shape[1:]) for name, value in network.output.items()} == {
            "latent": (model.latent_dim,)
        } and list(network.input) == ["noise"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        received = " ".join(str(error).split())[:160]
        raise InputError(f"{file} must be as `keras-gen fit-prior` wrote it; {AGAIN}. Received: {received}.") from error
    if not fits or of != weights_hash(model):
        raise InputError(
            f"{file} must be fitted to the codes of this run as it is now; {AGAIN}. Received: a prior of other weights."
        )
    return FittedPrior(kind, network, of, facts)
