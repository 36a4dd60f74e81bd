"""From what `fit`, `evaluate` and `predict` are given to the batches that a model's step takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from keras_gen.training.looking import check_pictures, check_weights, require_floats
from keras_gen.training.spec import ModelSpec
from serving.common.errors import InputError, nearest

Use = Literal["fit", "evaluate", "predict"]
PICTURE_RANK = 4


class Mistakes:
    """Within it a mistake that was found while batches were made is raised as it was found.

    TensorFlow passes on what a function in a data set raises as an error of its own, with a traceback in it.
    """

    def __init__(self) -> None:
        self.found: Exception | None = None

    def __enter__(self) -> Mistakes:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: Any) -> None:
        if kind is not None and issubclass(kind, Exception) and self.found is not None:
            found, self.found = self.found, None
            raise found from None


class Intake:
    """Makes batches of a model out of what was given, and looks at them.

    Pictures become float32; labels, as numbers, in a column, one-hot, or as names of classes, become int64 (batch,);
    weights of classes become weights of examples. Of arrays all examples are looked at; of what comes batch by batch
    the pictures of the first batch, and the labels and weights of all.

    Args:
        name: of the model, for messages.
        spec: of the model.
        image_shape: (height, width, channels).
        use: what the batches are for.
        mistakes: where what is wrong is left.
        class_weight: from a class, by label or by name, to the weight of its examples; 1 for those that are left out.

    Raises:
        InputError: classes that do not exist, or weights that mean nothing for this model.
    """

    def __init__(
        self,
        name: str,
        spec: ModelSpec,
        image_shape: Sequence[int],
        use: Use,
        mistakes: Mistakes,
        class_weight: Mapping[int | str, float] | None = None,
    ) -> None:
        self._name = name
        self._spec = spec
        self._image_shape = tuple(image_shape)
        self._use = use
        self._mistakes = mistakes
        self._class_weights = None if class_weight is None else self._of_classes(class_weight)

    def all_examples(self, x: Any, y: Any = None, weights: Any = None) -> tuple[Any, ...]:
        """As `batch`, for arrays of all examples; two domains may then be of unequal length if they are unpaired."""
        return self._taken(True, x, y, weights, apart=self._spec.translates == "unpaired")

    def batch(self, first: Any, x: Any, y: Any = None, weights: Any = None) -> tuple[Any, ...]:
        """(x, y, weights of examples), the last two None where there are none.

        Args:
            first: whether it is the first batch; a boolean, or a scalar tensor.
            x: pictures, or those of two domains; for `predict` whatever the model's `call` takes.
            y: labels, or pictures of the second domain.
            weights: (batch,) or (batch, 1).

        Raises:
            InputError: parts that the model does not take. Values that are wrong are found when they are computed.
        """
        return self._taken(first, x, y, weights, apart=False)

    def takes_as_it_is(self, spec: Any) -> bool:
        """Whether `batch` would leave batches of that element_spec as they are, and look only at the first.

        Args:
            spec: of pictures, or of (pictures,) or (pictures of A, pictures of B); anything else is not left so.
        """
        parts = spec if isinstance(spec, tuple) else (spec,)
        if self._spec.labelled or self._spec.adapts or len(parts) != (2 if self._spec.translates else 1):
            return False
        if self._class_weights is not None or self._spec.translates == "unpaired":
            return False
        sides = (None, None) if self._spec.translates else self._image_shape[:2]
        known = (*sides, self._image_shape[2])
        return all(
            isinstance(part, tf.TensorSpec)
            and part.dtype == tf.float32
            and part.shape.rank == PICTURE_RANK
            and all(side in (None, found) for side, found in zip(known, part.shape[1:], strict=True))
            for part in parts
        )

    def require_rows(self, rows: int) -> None:
        """Raises InputError for a batch of so many examples that does not do for the updates of a training step."""
        updates = self._spec.discriminator_steps
        if self._use == "fit" and rows < updates:
            raise InputError(
                f"a batch must have an example for each of the discriminator's {updates} updates in a step. "
                f"Received: {rows}."
            )

    def require_pictures(self, count: int) -> None:
        """Raises InputError for data of so many pictures that does not do for a training of this model."""
        if self._use == "fit":
            require_pictures(f"what is given to `{self._use}`", count, self._spec)

    def _taken(self, first: Any, x: Any, y: Any, weights: Any, apart: bool) -> tuple[Any, ...]:
        if self._use == "predict":
            return self._predicted(first, x), None, None
        parts, given = self._parts(x, y)
        pictures = [self._as_pictures(what, part) for what, part in parts]
        if self._spec.translates == "unpaired" and not apart:
            pictures = _equally_many(pictures)
        labels = None if given is None else self._as_labels(given)
        weights = self._as_weights(weights, labels)
        if apart:
            for part in pictures:
                self._looked_at(first, [part], None, None, None)
        else:
            self._looked_at(first, pictures, given, labels, weights)
        if self._spec.translates:
            return *pictures, weights
        return (tuple(pictures) if len(pictures) > 1 else pictures[0]), labels, weights

    def _parts(self, x: Any, y: Any) -> tuple[list[tuple[str, tf.Tensor]], tf.Tensor | None]:
        """Pictures and what they are, and the labels where the model sees them."""
        spec = self._spec
        if spec.translates and y is None and isinstance(x, tuple | list) and len(x) == 2:
            x, y = x
        if spec.translates:
            if y is None or isinstance(x, tuple | list | dict):
                raise InputError(
                    f"`{self._use}` of {self._name} must be given pictures of A and pictures of B. "
                    f"Received: {_form(x, y)}."
                )
            return [("pictures of A", x), ("pictures of B", y)], None
        wanted = 2 if spec.adapts and self._use == "fit" else 1
        pictures = list(x) if isinstance(x, tuple | list) else [x]
        if len(pictures) != wanted or isinstance(x, dict) or (spec.labelled and y is None):
            what = "(source pictures, target pictures)" if wanted == 2 else "pictures"
            raise InputError(
                f"`{self._use}` of {self._name} must be given {what}{' and labels' * spec.labelled}. "
                f"Received: {_form(x, y)}."
            )
        names = ("pictures of the source", "pictures of the target") if wanted == 2 else ("pictures",)
        return list(zip(names, pictures, strict=True)), y if spec.labelled else None

    def _predicted(self, first: Any, x: Any) -> Any:
        """As given, but for pictures."""

        def part(values: Any) -> tf.Tensor:
            values = tf.convert_to_tensor(values)
            if values.shape.rank != PICTURE_RANK:
                return values
            pictures = require_floats(f"pictures given to `{self._use}`", values)
            self._looked_at(first, [pictures], None, None, None)
            return pictures

        return tf.nest.map_structure(part, x)

    def _as_pictures(self, what: str, pictures: Any) -> tf.Tensor:
        pictures = require_floats(f"{what} given to `{self._use}`", tf.convert_to_tensor(pictures))
        sides = (None, None) if self._spec.translates else self._image_shape[:2]
        wanted = (None, *sides, self._image_shape[2])
        if not pictures.shape.is_compatible_with(wanted):
            sizes = ", ".join(map(str, self._image_shape))
            grey = pictures.shape.rank == 3 and self._image_shape[2] == 1
            hint = " Give `x[..., None]`." if grey else ""
            raise InputError(
                f"{what} given to `{self._use}` must be (batch, {sizes}). Received: {tuple(pictures.shape)}.{hint}"
            )
        return tf.ensure_shape(pictures, wanted)

    def _as_labels(self, given: Any) -> tf.Tensor:
        given, count = tf.convert_to_tensor(given), len(self._spec.classes)
        rank = given.shape.rank or 1
        if rank > 2 or (rank == 2 and given.shape[1] not in (1, count)):
            raise InputError(
                f"labels given to `{self._use}` must be (batch,), (batch, 1), or one-hot (batch, {count}). "
                f"Received: {tuple(given.shape)}."
            )
        if rank == 2 and given.shape[1] == count > 1:
            return tf.argmax(given, axis=-1)
        numbers = tf.reshape(given, (-1,))
        if given.dtype != tf.string:
            return tf.cast(numbers, tf.int64)
        same = tf.equal(numbers[:, None], tf.constant(self._spec.classes))
        return tf.where(tf.reduce_any(same, axis=1), tf.argmax(tf.cast(same, tf.int32), axis=1), -1)

    def _as_weights(self, weights: Any, labels: tf.Tensor | None) -> tf.Tensor | None:
        if self._class_weights is not None:
            if weights is not None:
                raise InputError("`class_weight` must be left out where there are weights of examples. Received: both.")
            known = tf.clip_by_value(labels, 0, len(self._class_weights) - 1)  # other labels are refused below
            return tf.gather(tf.constant(self._class_weights), known)
        if weights is None:
            return None
        refuse_weights(self._name, self._spec)
        weights = tf.convert_to_tensor(weights)
        if weights.shape.rank not in (None, 1) and weights.shape[1:] != (1,):
            raise InputError(
                f"`sample_weight` given to `{self._use}` must have one number for each example, (batch,). "
                f"Received: {tuple(weights.shape)}."
            )
        return tf.reshape(tf.cast(weights, tf.float32), (-1,))

    def _of_classes(self, class_weight: Mapping[int | str, float]) -> np.ndarray:
        """One weight for each class."""
        classes = self._spec.classes
        if not classes:
            raise InputError(f"`class_weight` must be left out for {self._name}, which sees no labels. Received: some.")
        refuse_weights(self._name, self._spec)
        weights = np.ones(len(classes), np.float32)
        for key, weight in class_weight.items():
            if key in classes:
                key = classes.index(str(key))
            if not isinstance(key, int | np.integer) or not 0 <= key < len(classes):
                raise InputError(
                    f"`class_weight` must name classes from 0 to {len(classes) - 1}, or {', '.join(classes)}. "
                    f"Received: {key!r}.{nearest(str(key), classes)}"
                )
            weights[key] = weight
        check_weights("class_weight", weights)
        return weights

    def _looked_at(
        self,
        first: Any,
        pictures: Sequence[tf.Tensor],
        given: tf.Tensor | None,
        labels: tf.Tensor | None,
        weights: tf.Tensor | None,
    ) -> None:
        """Looks at what is in doubt, in Python; a few operations find out whether anything is."""
        doubts = tf.convert_to_tensor(first)
        further = {}
        if labels is not None:
            further = {"given": tf.convert_to_tensor(given), "labels": labels}
            doubts |= _doubtful(further["given"], labels, len(self._spec.classes))
        if weights is not None:
            further["weights"] = weights
            doubts |= ~tf.reduce_all(tf.math.is_finite(weights) & (weights >= 0))
        names, values = tuple(further), [*pictures, *further.values()]

        def look(first: np.ndarray, *parts: np.ndarray) -> np.bool_:
            try:
                self._check(bool(first), parts[: len(pictures)], dict(zip(names, parts[len(pictures) :], strict=True)))
            except Exception as error:
                self._mistakes.found = error
                raise
            return np.bool_(True)

        if not tf.executing_eagerly():
            tf.cond(doubts, lambda: tf.numpy_function(look, [first, *values], tf.bool), lambda: tf.constant(True))
        elif doubts:
            self._check(bool(first), [part.numpy() for part in pictures], {n: v.numpy() for n, v in further.items()})

    def _check(self, first: bool, pictures: Sequence[np.ndarray], further: Mapping[str, np.ndarray]) -> None:
        if first:
            self.require_rows(len(pictures[0]))
            for part in pictures:
                check_pictures(f"pictures given to `{self._use}`", part)
        lengths = [len(part) for part in [*pictures, *(part for name, part in further.items() if name != "given")]]
        if len(set(lengths)) > 1:
            raise InputError(
                f"what is given to `{self._use}` must have as many examples each. "
                f"Received: {', '.join(map(str, lengths))}."
            )
        if "labels" in further:
            # At the top, this would be a circle: data finds its sources through the package.
            from keras_gen.data.labels import class_indices

            class_indices(f"`{self._use}`", further["given"], len(further["given"]), self._spec.classes)
        if "weights" in further:
            check_weights(f"`sample_weight` given to `{self._use}`", further["weights"])


def require_pictures(what: str, count: int, spec: ModelSpec) -> None:
    """Raises InputError where data has fewer pictures than fill a model's codebook."""
    if count < spec.least_pictures:
        raise InputError(
            f"{what} must have at least {spec.least_pictures} pictures, or a smaller codebook. Received: {count}."
        )


def refuse_weights(name: str, spec: ModelSpec) -> None:
    """Raises InputError for a model whose loss is no mean over examples that are given one by one."""
    if spec.couples_examples:
        raise InputError(
            f"weights must be left out for {name}, whose loss compares the examples of a batch with each other. "
            "Received: weights."
        )
    if spec.translates == "unpaired":
        raise InputError(
            f"weights must be left out for {name}, whose examples are two pictures that do not belong together. "
            "Received: weights."
        )


def _doubtful(given: tf.Tensor, labels: tf.Tensor, count: int) -> tf.Tensor:
    """Whether labels may not say which classes are meant."""
    if given.shape.rank == 2 and given.shape[1] != 1:
        one_hot = tf.one_hot(labels, count, dtype=tf.float32)
        return tf.reduce_any(tf.cast(given, tf.float32) != one_hot)
    doubts = tf.reduce_any((labels < 0) | (labels >= count))
    if given.dtype.is_floating:
        doubts |= tf.reduce_any(tf.reshape(given, (-1,)) != tf.cast(labels, given.dtype))
    return doubts


def _equally_many(pictures: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Of two domains that do not belong together, as many as there are of both."""
    rows = tf.reduce_min([tf.shape(part)[0] for part in pictures])
    return [part[:rows] for part in pictures]


def _form(x: Any, y: Any) -> str:
    """What was given, in a few words."""
    x = f"{len(x)} arrays" if isinstance(x, tuple | list) else "a dictionary" if isinstance(x, dict) else "pictures"
    return f"{x} alone" if y is None else f"{x} and another array"
