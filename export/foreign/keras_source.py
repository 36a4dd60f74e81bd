"""Networks of Keras: models in memory, `.keras` and `.h5` files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from export.culprits import explained
from export.foreign.original import EXAMPLE, Arrays, Original, Slot
from export.foreign.tensorflow_source import of_function
from export.substitutes import in_graphs
from serving.bundle.manifest import Origin
from serving.common.errors import InputError

OUTPUT = "output"


def of_keras(model: keras.Model, what: str, known: Mapping[str, Any] | None = None) -> Original:
    """A model of Keras as it is run: called, not in training.

    Args:
        model: functional, sequential, or of a class of its own that was called or built.
        what: it, for messages.
        known: of its origin, of a model from a file.

    Raises:
        InputError: a model that was never built.
    """
    model = in_full(model)
    structure = _structure(model, what)
    slots = _slots(keras.tree.flatten(structure))
    call = partial(_call, model, structure, [slot.name for slot in slots])

    def run(feed: Mapping[str, np.ndarray]) -> Arrays:
        return {name: np.asarray(value) for name, value in call(feed).items()}

    def traced(inputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        with in_graphs(model):
            return call(inputs)

    @contextmanager
    def explaining() -> Iterator[None]:
        alone = keras.Model(model.inputs, model.outputs) if isinstance(model, keras.Sequential) else model
        with explained(model.name, alone, (EXAMPLE, EXAMPLE)):
            yield

    origin = Origin("keras", **{"producer": f"keras {keras.__version__}", **(known or {})})
    return of_function("keras", what, slots, run, "Keras", origin, traced, explaining)


def in_full(model: keras.Model) -> keras.Model:
    """The model, or a float32 copy of one that computes in other numbers, with the same weights."""
    if all(layer.compute_dtype in ("float32", "int32") for layer in model._flatten_layers()):
        return model
    from keras_gen.training.precision import widened

    try:
        copy = type(model).from_config(widened(model.get_config()))
        if not copy.built:
            copy.build_from_config(model.get_build_config())
        copy.set_weights(model.get_weights())
    except Exception as error:  # whatever a class of somebody else's raises
        raise InputError(
            f"the model {model.name!r} must compute in float32, or be one that can be made again in float32. "
            f"Received: {model.compute_dtype}."
        ) from error
    return copy


def _structure(network: keras.Model, what: str) -> Any:
    """The network's inputs, nested as its call takes them: KerasTensors or shapes."""
    if getattr(network, "inputs", None):
        return network.inputs[0] if isinstance(network, keras.Sequential) else network.input
    config = network.get_build_config() or {}
    shapes = config.get("input_shape") or config.get("shapes_dict")
    if not shapes:
        raise InputError(
            f"{what} must be a model whose inputs are known. Received: a {type(network).__name__} that was never "
            "built; call it on data once."
        )
    if isinstance(shapes, Mapping) and len(shapes) == 1 and "input_shape" not in config:
        (shapes,) = shapes.values()
    return _of_shapes(shapes)


def _of_shapes(shapes: Any) -> Any:
    """KerasTensors of shapes that may be nested, whatever lists a file made of them."""
    if isinstance(shapes, Mapping):
        return {name: _of_shapes(shape) for name, shape in shapes.items()}
    if all(size is None or isinstance(size, int) for size in shapes):
        return keras.KerasTensor((None, *shapes[1:]), "float32")
    return [_of_shapes(shape) for shape in shapes]


def _slots(tensors: Sequence[keras.KerasTensor]) -> tuple[Slot, ...]:
    names = [_plain(tensor.name) for tensor in tensors]
    unique = [name if names.count(name) == 1 else f"{name}_{index}" for index, name in enumerate(names)]
    return tuple(
        Slot(name, (None, *tensor.shape[1:]), keras.backend.standardize_dtype(tensor.dtype))
        for name, tensor in zip(unique, tensors, strict=True)
    )


def _plain(name: str) -> str:
    return name.partition(":")[0].replace("/", "_")


def _call(network: keras.Model, structure: Any, names: Sequence[str], feed: Mapping[str, Any]) -> dict[str, Any]:
    """The network's outputs by name."""
    made = network(keras.tree.pack_sequence_as(structure, [feed[name] for name in names]), **_not_training(network))
    if isinstance(made, Mapping):
        return {str(name): value for name, value in made.items()}
    values = keras.tree.flatten(made)
    known = getattr(network, "output_names", None) or []
    known = [_plain(name) for name in known]
    if len(set(known)) != len(values):
        known = [OUTPUT] if len(values) == 1 else [f"{OUTPUT}_{index}" for index in range(len(values))]
    return dict(zip(known, values, strict=True))


def _not_training(model: keras.Model) -> dict[str, bool]:
    """A class of somebody else's need not take `training`."""
    return {"training": False} if model._call_has_training_arg else {}
