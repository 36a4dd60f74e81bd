"""What a new run begins with: the weights of `--from`, or the model there that it stands on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keras

from keras_gen.cli.own_code import import_own_code_of
from keras_gen.training.base import BaseModel
from keras_gen.training.run_directory import RunDirectory, open_model
from keras_gen.training.transfer import Transfer, take_weights
from serving.common.errors import InputError


def stood_on(cls: type[BaseModel], place: str | None, run: RunDirectory, begun: bool) -> dict[str, keras.Model]:
    """The trained model that a class takes in its constructor, by the argument's name; nothing for one that takes none,
    or where the constructor is to say what is missing.

    Args:
        cls: of the model to train.
        place: what `--from` names.
        run: of the model to train, which has the other one inside once it has begun.
        begun: whether it has.

    Raises:
        InputError: as `open_model`.
    """
    name = cls.spec.stands_on
    if name is None:
        return {}
    if begun:
        return {name: getattr(run.load_model(), name)}
    if place is None:
        return {}
    import_own_code_of(Path(place))
    return {name: open_model(Path(place))}


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
