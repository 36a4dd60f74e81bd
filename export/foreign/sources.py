"""Opening a network of any origin: by what it is in memory, or by what its file is."""

from __future__ import annotations

import hashlib
import math
import zipfile
from pathlib import Path
from typing import Any, TypeAlias

import keras
import onnx

from export.foreign.keras_files import load_keras_file, version_of
from export.foreign.keras_source import of_keras
from export.foreign.onnx_source import of_onnx
from export.foreign.original import Original
from export.foreign.saved_model import GRAPH, of_saved_model
from serving.bundle.schema import MOST_NETWORK_BYTES
from serving.common.errors import InputError

Given: TypeAlias = keras.Model | onnx.ModelProto | str | Path
HDF5 = b"\x89HDF"
KINDS = "a .keras, .h5 or .onnx file or the folder of a SavedModel"
AT_ONCE = 2**20
FLOAT = 4


def open_original(role: str, given: Given, signature: str | None = None, custom: tuple[str, ...] = ()) -> Original:
    """A network of any origin.

    Args:
        role: what it is, for messages.
        given: the network, or its file.
        signature: of a SavedModel; `serving_default` by default.
        custom: modules with classes that a file of Keras names.

    Raises:
        InputError: a file that is not there, damaged, too large, of another kind, or that holds what is not executed.
    """
    if isinstance(given, keras.Model):
        check_size(role, repr(given.name), FLOAT * sum(math.prod(weight.shape) for weight in given.weights))
        return of_keras(given, repr(given.name))
    if isinstance(given, onnx.ModelProto):
        return of_onnx(given, repr(given.graph.name or "model"))
    if not isinstance(given, str | Path):
        raise InputError(f"the {role} must be a model or a file. Received: {type(given).__name__}.")
    place = Path(given)
    kind = _kind(role, place)
    size = sum(file.stat().st_size for file in _files(place))
    check_size(role, str(place), size)
    if signature is not None and kind != "saved_model":
        raise InputError(f"--signature must be left out for {place}, which is no SavedModel. Received: {signature}.")
    known: dict[str, Any] = {"file": place.name, "sha256": _sha256(place)}
    if kind == "keras":
        model = load_keras_file(place, custom)
        return of_keras(model, str(place), known | {"producer": f"keras {version_of(place)}".strip()})
    if kind == "saved_model":
        return of_saved_model(place, signature, known)
    return of_onnx(place, str(place), known)


def check_size(role: str, what: str, size: int) -> None:
    """Raises InputError for a network of more bytes than a file of ONNX can have."""
    if size > MOST_NETWORK_BYTES:
        raise InputError(
            f"the {role} {what} must have at most {MOST_NETWORK_BYTES} bytes, which ONNX can hold. Received: {size}."
        )


def _kind(role: str, place: Path) -> str:
    """What a file or folder is, by its contents."""
    if place.is_dir():
        if (place / GRAPH).is_file():
            return "saved_model"
        raise InputError(f"the {role} must be {KINDS}. Received: {place}, a folder without {GRAPH}.")
    if not place.is_file():
        raise InputError(f"the {role} must be {KINDS}. Received: {place}, no such file.")
    with place.open("rb") as file:
        start = file.read(4)
    if start == HDF5 or place.suffix in (".h5", ".hdf5", ".keras"):
        return "keras"
    if place.suffix == ".onnx":
        return "onnx"
    what = "an archive" if zipfile.is_zipfile(place) else f"a {place.suffix or 'nameless'} file"
    raise InputError(f"the {role} must be {KINDS}. Received: {place}, {what}.")


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(file for file in place.rglob("*") if file.is_file())


def _sha256(place: Path) -> str:
    """Of a file, or of the files of a folder one after the other by name."""
    digest = hashlib.sha256()
    for each in _files(place):
        with each.open("rb") as file:
            while part := file.read(AT_ONCE):
                digest.update(part)
    return digest.hexdigest()
