"""What a new run begins with instead of random weights: those of `--from`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from keras_gen.cli.own_code import import_own_code_of
from keras_gen.training.base import BaseModel
from keras_gen.training.run_directory import open_model
from keras_gen.training.transfer import Transfer, take_weights
from serving.common.errors import InputError


def started_from(model: BaseModel, place: Path) -> Iterator[str]:
    """Gives a model the weights of another run where they fit, and returns what to say of it.

    Args:
        model: compiled, not trained yet.
        place: a run directory or a `.keras` file.

    Raises:
        InputError: neither of the two, or none of its layers fits.
    """
    import_own_code_of(place)
    source = open_model(place)
    if not isinstance(source, BaseModel):
        raise InputError(f"--from must be a model of keras-gen. Received: {place}, a {type(source).__name__}.")
    transfer = take_weights(model, source)
    if not transfer.taken:
        kinds = f"{type(source).__name__} with layers {', '.join(transfer.missed)}"
        raise InputError(f"--from must have layers of the model's names and shapes. Received: {place}, a {kinds}.")
    return _lines(place, transfer)


def _lines(place: Path, transfer: Transfer) -> Iterator[str]:
    missed = transfer.missed.items()
    yield f"{place}: weights of {len(transfer.taken)} layers taken, {len(missed)} not" + (":" if missed else "")
    for name, why in missed:
        yield f"  {name}: {why}"
