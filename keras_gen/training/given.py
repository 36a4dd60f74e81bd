"""What `fit`, `evaluate` and `predict` are given, of any kind that Keras takes, as batches of a model."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.trainers.data_adapters import get_data_adapter
from keras.src.trainers.data_adapters.array_data_adapter import can_convert_arrays
from keras.src.trainers.data_adapters.array_slicing import train_validation_split
from keras.src.trainers.data_adapters.data_adapter import DataAdapter

from keras_gen.training.first_look import FirstLookedAt
from keras_gen.training.intake import Intake, Mistakes, Use
from keras_gen.training.sharing import shared_out

BATCH_SIZE = 32  # Keras's own default


class Given(DataAdapter):
    """The batches of one of Keras's adapters without the tuner of `tf.data`, on several replicas in shares.

    The tuner's thread sleeps for up to a minute at a time, and the end of `fit` waits for it.

    Args:
        adapter: Keras's.
        taken: from its data set to one of batches in Keras's order.
        strategy: whose replicas share the batches.
    """

    def __init__(
        self,
        adapter: DataAdapter,
        taken: Callable[[tf.data.Dataset], tf.data.Dataset | FirstLookedAt],
        strategy: tf.distribute.Strategy,
    ) -> None:
        self._adapter = adapter
        self._taken = taken
        self._strategy = strategy

    def get_tf_dataset(self) -> tf.data.Dataset | tf.distribute.DistributedDataset:
        """What a strategy has distributed already stays as it is."""
        dataset = self._adapter.get_tf_dataset()
        if not isinstance(dataset, tf.data.Dataset):
            return dataset
        batches = self._taken(dataset)
        return shared_out(_untuned(batches), self._strategy) if isinstance(batches, tf.data.Dataset) else batches

    @property
    def num_batches(self) -> int | None:
        return self._adapter.num_batches

    @property
    def batch_size(self) -> int | None:
        return self._adapter.batch_size

    @property
    def has_partial_batch(self) -> bool | None:
        return self._adapter.has_partial_batch

    @property
    def partial_batch_size(self) -> int | None:
        return self._adapter.partial_batch_size

    def on_epoch_begin(self) -> None:
        self._adapter.on_epoch_begin()

    def on_epoch_end(self) -> None:
        self._adapter.on_epoch_end()


def fit_arguments(model: keras.Model, mistakes: Mistakes, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `fit` with `Given` in place of the data.

    Args:
        model: whose `fit` it is.
        mistakes: where what is wrong with the data is left.
        arguments: as they were passed, by name.
    """
    names = ("x", "y", "sample_weight", "class_weight", "validation_data", "validation_split")
    x, y, weights, class_weight, validation, split = (arguments.pop(name, None) for name in names)
    size, shuffle = arguments.get("batch_size"), arguments.pop("shuffle", True)
    if split and validation is None:
        (x, y, weights), validation = train_validation_split((x, y, weights), split)
    trained = given(
        model, "fit", mistakes, x, y, weights, size, arguments.get("steps_per_epoch"), shuffle, class_weight
    )
    if validation is not None:
        x, y, weights = keras.utils.unpack_x_y_sample_weight(validation)
        size, steps = arguments.get("validation_batch_size") or size, arguments.get("validation_steps")
        validation = given(model, "evaluate", mistakes, x, y, weights, size, steps)
    return {**arguments, "x": trained, "validation_data": validation}


def given(
    model: keras.Model,
    use: Use,
    mistakes: Mistakes,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    batch_size: int | None = None,
    steps: int | None = None,
    shuffle: bool | str = False,
    class_weight: Mapping[int | str, float] | None = None,
) -> DataAdapter:
    """What Keras takes in place of the data; arguments as for `fit`."""
    if isinstance(x, Given):
        return x
    in_batches = partial(Given, strategy=model.distribute_strategy)
    if isinstance(x, DataAdapter):
        return in_batches(x, lambda batches: batches)
    intake = _intake(model, use, mistakes, class_weight)
    if not can_convert_arrays((x, y := _as_array(y), sample_weight)):
        looked_at = partial(_looked_at, intake, alone=_steps_alone(model, use))
        return in_batches(get_data_adapter(x, y, sample_weight, shuffle=shuffle), looked_at)
    # In Keras's order weights without labels would be lost.
    x, y, weights = intake.all_examples(x, y, sample_weight)
    parts = {name: part for name, part in (("x", x), ("y", y), ("weights", weights)) if part is not None}
    if model.spec.translates == "unpaired" and use != "predict":
        most = max if use == "fit" else min
        length = most(len(x), len(y))
        size = batch_size or _share(length, steps)
        adapter = get_data_adapter(_apart(x, y, length, size, bool(shuffle)))
    else:
        adapter = get_data_adapter(parts, None, None, batch_size, steps, shuffle)
        length, size = len(tf.nest.flatten(x)[0]), adapter.batch_size
    intake.require_rows(min(length, size))
    intake.require_pictures(length)
    return in_batches(adapter, lambda batches: batches.map(_without_names))


def one_batch(
    model: keras.Model,
    use: Use,
    mistakes: Mistakes,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    class_weight: Mapping[int | str, float] | None = None,
) -> tuple[Any, Any, Any]:
    """(x, y, weights) that `train_on_batch` and its like are given, as tensors."""
    intake = _intake(model, use, mistakes, class_weight)
    x, y, weights = intake.batch(True, x, _as_array(y), sample_weight)
    return x, weights if y is None else y, weights


def in_order(x: Any, y: Any, weights: Any) -> Any:
    """A batch in Keras's order, which has no weights without a `y`: any will do for a model that looks at none."""
    return keras.utils.pack_x_y_sample_weight(x, weights if y is None else y, weights)


def arguments_of(method: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by name, those that a method of Keras collects in its own `kwargs` among them."""
    found = dict(inspect.signature(method).bind(None, *args, **kwargs).arguments)
    found.pop("self")
    collected = found.pop("kwargs", {})
    return {**found, **collected}


def _intake(model: keras.Model, use: Use, mistakes: Mistakes, class_weight: Mapping[int | str, float] | None) -> Intake:
    return Intake(type(model).__name__, model.spec, model.image_shape, use, mistakes, class_weight)


@tf.autograph.experimental.do_not_convert
def _without_names(batch: Mapping[str, Any]) -> Any:
    return in_order(batch["x"], batch.get("y"), batch.get("weights"))


def _steps_alone(model: keras.Model, use: Use) -> bool:
    """Whether every step is a call of its own, of `single_step_function`, on one device."""
    one_by_one = not model.run_eagerly and model.steps_per_execution == 1
    return use != "predict" and one_by_one and model.distribute_strategy.num_replicas_in_sync == 1


def _looked_at(intake: Intake, batches: tf.data.Dataset, alone: bool) -> tf.data.Dataset | FirstLookedAt:
    """Batches after the intake, which is done beside the training step; of pictures that are taken as they are only
    the first is."""
    if alone and intake.takes_as_it_is(batches.element_spec):
        return FirstLookedAt(
            _untuned(batches), lambda batch: intake.batch(True, *keras.utils.unpack_x_y_sample_weight(batch))
        )

    @tf.autograph.experimental.do_not_convert
    def taken(index: tf.Tensor, batch: Any) -> Any:
        return in_order(*intake.batch(index == 0, *keras.utils.unpack_x_y_sample_weight(batch)))

    return batches.enumerate().map(taken).prefetch(1)


def _as_array(y: Any) -> Any:
    """Labels in a list, or names of classes, as what Keras can cut into batches."""
    if isinstance(y, list) and not any(hasattr(part, "shape") for part in y):
        y = np.asarray(y)
    return tf.constant(y.tolist()) if isinstance(y, np.ndarray) and y.dtype.kind in "OSU" else y


def _share(length: int, steps: int | None) -> int:
    return math.ceil(length / steps) if steps else BATCH_SIZE


def _apart(a: Any, b: Any, length: int, batch_size: int, shuffle: bool) -> tf.data.Dataset:
    """Batches of two domains that do not belong together, each in an order of its own, from the beginning where one is
    at its end."""

    def order(count: int) -> tf.data.Dataset:
        rows = tf.data.Dataset.range(count)
        return (rows.shuffle(count) if shuffle else rows).repeat()

    a, b = tf.convert_to_tensor(a), tf.convert_to_tensor(b)
    rows = tf.data.Dataset.zip(order(len(a)), order(len(b))).take(length).batch(batch_size)
    return rows.map(lambda of_a, of_b: {"x": tf.gather(a, of_a), "y": tf.gather(b, of_b)})


def _untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Without the tuner, unless the data set asks for it."""
    if dataset.options().autotune.enabled is not None:
        return dataset
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
