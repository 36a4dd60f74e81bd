"""What a new run begins with: the weights of `--from`, or the model there that it stands on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import keras

from keras_gen.cli.own_code import import_own_code_of
from keras_gen.training.base import BaseModel
from keras_gen.training.run_directory import RunDirectory, open_model
from keras_gen.training.transfer import Transfer, take_foreign, take_weights
from serving.common.errors import InputError

ONNX, SAFETENSORS = ".onnx", ".safetensors"
MAY_RUN_CODE = (".pt", ".pth", ".pkl", ".pickle", ".bin", ".ckpt")
# Layers that a line names.
MOST_NAMED = 4


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
        place: a run directory or a `.keras` file; for a model that translates also an ONNX file, or the weights of a
            network of PyTorch as a safetensors file.

    Raises:
        InputError: none of them, or none of its layers fits.
    """
    if place.suffix in (ONNX, SAFETENSORS):
        return _of_foreign(model, place)
    if place.suffix in MAY_RUN_CODE:
        raise InputError(
            f"--from must hold numbers alone, as .keras, .onnx and .safetensors files do. Received: {place}, "
            "which may run code."
        )
    import_own_code_of(place)
    source = open_model(place)
    if not isinstance(source, BaseModel):
        raise InputError(f"--from must be a model of keras-gen. Received: {place}, a {type(source).__name__}.")
    transfer = take_weights(model, source)
    if not transfer.taken:
        kinds = f"{type(source).__name__} with layers {', '.join(transfer.missed)}"
        raise InputError(f"--from must have layers of the model's names and shapes. Received: {place}, a {kinds}.")
    return _lines(place, transfer)


def _of_foreign(model: BaseModel, place: Path) -> Iterator[str]:
    from export.foreign.bundle_networks import THERE
    from export.foreign.onnx_layers import layers_of_onnx
    from export.foreign.safetensors import layers_of_safetensors

    if not model.spec.translates:
        raise InputError(
            f"--from must be a run or .keras file for {type(model).__name__}, which does not translate. "
            f"Received: {place}."
        )
    foreign = (layers_of_onnx if place.suffix == ONNX else layers_of_safetensors)(place)
    transfer = take_foreign(model, THERE, foreign)
    if not transfer.taken:
        raise InputError(
            "--from must have layers of the generator's kinds and shapes. "
            f"Received: {place}, with {', '.join(map(str, foreign[:MOST_NAMED])) or 'no convolution'}."
        )
    return _told(place, transfer)


def _told(place: Path, transfer: Transfer) -> Iterator[str]:
    missing, unused = (
        [name for name, its in transfer.missed.items() if its == why] for why in ("not there", "not here")
    )
    yield f"{place}: weights of {len(transfer.taken)} layers taken, {len(missing)} not{_named(missing)}"
    if unused:
        yield f"  of its layers {len(unused)} fit none here{_named(unused)}"


def _named(names: Sequence[str]) -> str:
    further = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f": {', '.join(names[:MOST_NAMED])}{further}" if names else ""


def _lines(place: Path, transfer: Transfer) -> Iterator[str]:
    missed = transfer.missed.items()
    yield f"{place}: weights of {len(transfer.taken)} layers taken, {len(missed)} not" + (":" if missed else "")
    for name, why in missed:
        yield f"  {name}: {why}"
