"""Files of Keras: `.keras`, and `.h5` of Keras 2 and 3. Nothing in them is executed."""

from __future__ import annotations

import importlib
import json
import os
import re
import shutil
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import keras

from export.culprits import in_one_line
from serving.common.errors import InputError

UNKNOWN = re.compile(r"(?:Unknown \w+:?|Could not locate (?:class|function)) '?([\w>.]+)'?")
WITHOUT_GROUPS = {
    f"{kind}{axes}D{transposed}"
    for kind, transposed in (("Conv", "Transpose"), ("DepthwiseConv", ""), ("SeparableConv", ""))
    for axes in (1, 2, 3)
}
MODULES = ("keras", "builtins", "keras_gen", "numpy")
Custom = Mapping[str, Callable[..., Any]]


def load_keras_file(path: Path, custom: Sequence[str] = ()) -> keras.Model:
    """The model in a file, without its optimizer.

    Args:
        path: of the file.
        custom: modules with classes and functions of other people that the file names, from the current folder or
            anywhere on Python's path.

    Raises:
        InputError: a damaged file, one of weights alone, one with a `Lambda` or with classes that are not known, or a
            module that cannot be imported.
    """
    known = _of_modules(custom)
    config = _config(path)
    _check(path, config, known)
    importlib.import_module("keras_gen.layers")  # a network of a model of ours may have them
    try:
        with warnings.catch_warnings(), _readable(path, config) as file:
            warnings.simplefilter("ignore")
            model = keras.saving.load_model(file, custom_objects=dict(known), compile=False, safe_mode=True)
    except Exception as error:  # whatever Keras, h5py and constructors of other people's classes raise
        text = in_one_line(error)
        if (unknown := UNKNOWN.search(text)) is not None:
            raise _unknown_class(path, unknown[1]) from error
        raise InputError(f"{path} must be a model that Keras can load. Received: {text}") from error
    if not isinstance(model, keras.Model):
        raise InputError(f"{path} must hold a Keras model. Received: a {type(model).__name__}.")
    return model


def version_of(path: Path) -> str:
    """The version of Keras that wrote a file; empty where it does not say."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return str(json.loads(archive.read("metadata.json")).get("keras_version", ""))
    with h5py.File(path) as file:
        found = file.attrs.get("keras_version", "")
        return found.decode() if isinstance(found, bytes) else str(found)


def _config(path: Path) -> Any:
    """What a file says of its model."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return json.loads(archive.read("config.json"))
        with h5py.File(path) as file:
            config = file.attrs.get("model_config")
            if config is not None:
                return json.loads(config)
            what = "weights alone" if "layer_names" in file.attrs or "layers" in file else "no model"
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InputError(
            f"{path} must be a model that Keras saved. Received: a damaged or other file ({in_one_line(error)})."
        ) from error
    raise InputError(f"{path} must be a whole model, as `model.save` writes it. Received: {what}.")


@contextmanager
def _readable(path: Path, config: Any) -> Iterator[Path]:
    """The file, or a copy in which a config of Keras 2 says what it says as Keras 3 does."""
    newer = _of_keras_3(config)
    if zipfile.is_zipfile(path) or (newer == config and path.suffix in (".h5", ".hdf5")):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "model.h5")
        shutil.copyfile(path, copy)
        with h5py.File(copy, "r+") as file:
            file.attrs["model_config"] = json.dumps(newer)
        yield copy


def _of_keras_3(config: Any) -> Any:
    """Without groups of layers that had them in Keras 2 but could have one only, and with one axis for a list of it."""
    if isinstance(config, list):
        return [_of_keras_3(each) for each in config]
    if not isinstance(config, dict):
        return config
    config = {key: _of_keras_3(value) for key, value in config.items()}
    name, inner = config.get("class_name"), config.get("config")
    if isinstance(inner, dict) and name in WITHOUT_GROUPS and inner.get("groups") == 1:
        config["config"] = {key: value for key, value in inner.items() if key != "groups"}
    elif isinstance(inner, dict) and name == "BatchNormalization" and isinstance(inner.get("axis"), list):
        config["config"] = {**inner, "axis": inner["axis"][0]}
    return config


def _check(path: Path, config: Any, known: Custom) -> None:
    for entry in _entries(config):
        name = entry["class_name"]
        if name in ("Lambda", "__lambda__"):
            layer = (entry.get("config") or {}).get("name", name) if isinstance(entry.get("config"), dict) else name
            raise InputError(
                f"{path} must hold no Lambda layer, whose Python code is not executed. Received: {layer!r}; write it "
                "as a class of its own, and name its module with --custom."
            )
        module = entry.get("module")
        if not isinstance(module, str) or module.partition(".")[0] in MODULES or name in known:
            continue
        registered = entry.get("registered_name")
        if not (isinstance(registered, str) and keras.saving.get_registered_object(registered)):
            raise _unknown_class(path, f"{module}.{name}")


def _unknown_class(path: Path, name: str) -> InputError:
    return InputError(
        f"{path} must be made of classes that are known. Received: {name}; name the module that has it with --custom."
    )


def _entries(config: Any) -> Iterator[dict[str, Any]]:
    """Every object that a config describes, at any depth."""
    if isinstance(config, dict):
        if isinstance(config.get("class_name"), str):
            yield config
        config = list(config.values())
    if isinstance(config, list):
        for each in config:
            yield from _entries(each)


def _of_modules(modules: Sequence[str]) -> Custom:
    """Classes and functions by name."""
    found: dict[str, Callable[..., Any]] = {}
    here = os.getcwd()
    if modules and here not in sys.path:
        sys.path.insert(0, here)
    for name in modules:
        try:
            module = importlib.import_module(name)
        except Exception as error:  # whatever a user's module raises while it is imported
            reason = f"{type(error).__name__}: {in_one_line(error)}"
            raise InputError(f"--custom must be a module that can be imported. Received: {name!r}: {reason}") from error
        found |= {key: value for key, value in vars(module).items() if _is_of(value, name)}
    return found


def _is_of(value: object, module: str) -> bool:
    return callable(value) and getattr(value, "__module__", "") == module
