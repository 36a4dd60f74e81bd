"""`tfds:NAME[/CONFIG]`: a data set of TensorFlow Datasets with pictures in it, of one domain or of two.

Those of two have the splits trainA, trainB, testA and testB.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_gen.data.arrays import conform_picture, from_arrays, pixels
from keras_gen.data.examples import DomainExamples, Examples, MissingSplitError, Shape, joined, splits_of
from keras_gen.data.forms import Form
from keras_gen.data.labels import named_classes
from keras_gen.data.streams import Stream, in_memory
from serving.common.errors import InputError, nearest
from serving.common.images import to_uint8
from serving.common.interpolation import LOOKED_AT
from serving.common.levels import Levels

SOURCE = Form(("tfds:NAME[/CONFIG]",), "TensorFlow Datasets")
FAMILY = "cycle_gan/"
DOMAINS = Form((f"tfds:{FAMILY}NAME",), "TensorFlow Datasets")


def read(location: str, split: str, shape: Shape) -> Examples:
    """The features `image` and `label` of a split, prepared or downloaded to `TFDS_DATA_DIR`."""
    found = in_memory(stream(location, split, shape))
    as_it_is = Shape(channels=found.images.shape[3])
    return from_arrays(f"tfds:{location}", found.images, found.labels, as_it_is, found.classes)


def read_domains(location: str, split: str, shape: Shape) -> DomainExamples:
    """The pictures of A and of B."""
    a, b = (
        joined(
            f"tfds:{location}",
            [Examples(read(location, f"{part}{domain}", shape.of(row)).images) for part in splits_of(split)],
        )
        for row, domain in enumerate("AB")
    )
    return DomainExamples(a, b, paired=False)


def has_domains(location: str) -> bool:
    """Whether a data set is one of two domains; one of another family is looked at, and downloaded if need be."""
    return location.startswith(FAMILY) or "trainA" in _prepared(location, "all").info.splits


def stream(location: str, split: str, shape: Shape) -> Stream:
    """The pictures of `read`, decoded as they are asked for."""
    import tensorflow_datasets as tfds

    name, builder = f"tfds:{location}", _prepared(location, split)
    features = builder.info.features
    if "image" not in features:
        raise InputError(f"{name} must have a feature 'image'. Received: {', '.join(features)}.")
    labelled = "label" in features
    levels = shape.levels or Levels()
    if shape.size is not None:
        first = tfds.as_numpy(builder.as_dataset(split=split).take(LOOKED_AT))
        shape.interpolation.settle(
            (_eight_bits(name, example["image"], levels, shape.channels) for example in first), shape.size
        )
    examples = (
        (
            conform_picture(name, _eight_bits(name, example["image"], levels, shape.channels), shape),
            int(example["label"]) if labelled else None,
        )
        for example in tfds.as_numpy(builder.as_dataset(split=split))
    )
    return Stream(name, builder.info.splits[split].num_examples, examples, _names(features))


def classes(location: str) -> tuple[str, ...]:
    """Their names, or where they have none the labels of the training split by their numbers."""
    import tensorflow_datasets as tfds

    builder = _prepared(location, "train")
    features = builder.info.features
    if "label" not in features or _names(features):
        return _names(features)
    alone = builder.as_dataset(split="train", decoders=tfds.decode.PartialDecoding({"label": True}))
    labels = [int(example["label"]) for example in tfds.as_numpy(alone)]
    return named_classes(f"tfds:{location}", labels, len(labels))[1]


def _names(features: Any) -> tuple[str, ...]:
    return tuple(getattr(features["label"], "names", None) or ()) if "label" in features else ()


def stream_domains(location: str, split: str, shape: Shape) -> tuple[Stream, Stream]:
    """The pictures of `read_domains`, decoded as they are asked for."""
    a, b = (stream(location, f"{split}{domain}", shape.of(row)).unlabelled() for row, domain in enumerate("AB"))
    return a, b


def _prepared(location: str, split: str) -> Any:
    """The builder of a data set that is on the disk and has the split."""
    import tensorflow_datasets as tfds

    name = f"tfds:{location}"
    try:
        builder = tfds.builder(location)
        if builder.info.splits:
            _require_split(name, builder, split)
        builder.download_and_prepare()
    except InputError:
        raise
    except tfds.core.DatasetNotFoundError:
        known = nearest(location.partition("/")[0], tfds.list_builders())
        raise InputError(f"{name} must be a data set of TensorFlow Datasets. Received: {location!r}.{known}") from None
    except Exception as error:  # an unknown name, a refused download, a checksum: each its own type
        reason = " ".join(str(error).split())[:160]
        raise InputError(
            f"{name} must be a data set that TensorFlow Datasets can prepare. "
            f"Received: {type(error).__name__}: {reason}"
        ) from error
    _require_split(name, builder, split)
    return builder


def _require_split(name: str, builder: Any, split: str) -> None:
    """Some sets tell their splits before they are downloaded, all of them afterwards."""
    if split != "all" and split not in builder.info.splits:
        raise MissingSplitError(f"{name} must have the split {split!r}. Received: {', '.join(builder.info.splits)}.")


def _eight_bits(name: str, picture: np.ndarray, levels: Levels, channels: int | None) -> np.ndarray:
    """uint8; a fourth channel, transparency, is dropped unless four are asked for."""
    dropped = picture.shape[2] == 4 != channels
    return to_uint8(pixels(name, picture[None, :, :, : 3 if dropped else None], levels)[0])
