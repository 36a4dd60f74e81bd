"""SavedModels of TensorFlow: a signature, as it is served."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from export.culprits import in_one_line
from export.foreign.original import Arrays, Original, Slot
from export.foreign.tensorflow_source import of_function
from serving.bundle.manifest import Origin
from serving.common.errors import InputError
from serving.runtime.one_by_one import rows

GRAPH = "saved_model.pb"
DEFAULT = "serving_default"
# With these a SavedModel stores and restores its own variables; a signature has no use for them.
STORING = ("SaveV2", "RestoreV2", "MergeV2Checkpoints")
# Operators that run Python, or read and write files or the network.
REFUSED = (
    "PyFunc",
    "EagerPyFunc",
    "PyFuncStateless",
    "ReadFile",
    "WriteFile",
    "MatchingFiles",
    "ImmutableConst",
    "LoadLibrary",
    "Save",
    "SaveSlices",
    "Restore",
    "RestoreSlice",
    "PrintV2",
    "DebugIdentity",
    "DebugIdentityV2",
    "DebugIdentityV3",
    "LoadAndRemapMatrix",
)
REFUSED_WORDS = ("Dataset", "Reader", "Rpc", "Socket", "RemoteCall", "Iterator", "SummaryWriter", "FromTextFile")


def of_saved_model(folder: Path, signature: str | None, known: Mapping[str, Any]) -> Original:
    """A signature of a SavedModel, as TensorFlow runs it.

    Args:
        folder: of the SavedModel.
        signature: its name; `serving_default` by default, or the only one that there is.
        known: of the origin.

    Raises:
        InputError: a damaged SavedModel, one with operators that are not run, or without that signature.
    """
    version = _check(folder)
    try:
        # Keeps the variables of the signature alive.
        loaded = tf.saved_model.load(str(folder))
    except Exception as error:  # whatever TensorFlow raises for a damaged folder
        raise InputError(f"{folder} must be a SavedModel. Received: {in_one_line(error)}") from error
    function = _signature(folder, dict(loaded.signatures), signature)
    _check_operators(folder, function.graph.as_graph_def(), STORING)
    specifications = function.structured_input_signature[1]
    slots = tuple(_slot(name, specification) for name, specification in specifications.items())

    def call(inputs: Mapping[str, Any]) -> dict[str, tf.Tensor]:
        made = function(**{name: tf.cast(inputs[name], specifications[name].dtype) for name in specifications})
        return dict(made)

    def run_once(feed: Mapping[str, np.ndarray]) -> Arrays:
        assert loaded is not None
        return {name: value.numpy() for name, value in call({n: tf.constant(v) for n, v in feed.items()}).items()}

    def run(feed: Mapping[str, np.ndarray]) -> Arrays:
        if all(slot.shape[:1] != (1,) for slot in slots):
            return run_once(feed)
        made = [run_once(row) for row in rows(feed)]
        return {name: np.concatenate([each[name] for each in made]) for name in made[0]}

    origin = Origin("saved_model", f"tensorflow {version}".strip(), **known)
    return of_function("saved_model", str(folder), slots, run, "TensorFlow", origin, call)


def _check(folder: Path) -> str:
    """The version of TensorFlow that wrote the folder, after its operators were found harmless."""
    saved = SavedModel()
    try:
        saved.ParseFromString((folder / GRAPH).read_bytes())
    except DecodeError as error:
        raise InputError(f"{folder / GRAPH} must be a SavedModel. Received: a damaged or other file.") from error
    if not saved.meta_graphs:
        raise InputError(f"{folder / GRAPH} must be a SavedModel. Received: a file without a graph.")
    for meta in saved.meta_graphs:
        _check_operators(folder, meta.graph_def, REFUSED)
    return str(saved.meta_graphs[0].meta_info_def.tensorflow_version)


def _check_operators(folder: Path, graph: Any, refused: tuple[str, ...]) -> None:
    nodes = [*graph.node, *(node for each in graph.library.function for node in each.node_def)]
    for node in nodes:
        if node.op in refused or any(word in node.op for word in REFUSED_WORDS):
            raise InputError(
                f"{folder} must hold operators that compute numbers from numbers, others are not run. "
                f"Received: TensorFlow's {node.op}."
            )


def _signature(folder: Path, signatures: dict[str, Any], name: str | None) -> Any:
    chosen = name or (DEFAULT if DEFAULT in signatures or len(signatures) != 1 else next(iter(signatures)))
    if chosen not in signatures:
        have = ", ".join(signatures) or "none"
        raise InputError(f"{folder} must have the signature {chosen!r}, as --signature says. Received: {have}.")
    return signatures[chosen]


def _slot(name: str, specification: tf.TensorSpec) -> Slot:
    if specification.shape.rank is None:
        return Slot(name, (), specification.dtype.name)
    shape = tuple(specification.shape)
    return Slot(name, shape, specification.dtype.name)
