"""`tfds:NAME[/CONFIG]`: a data set of TensorFlow Datasets with pictures in it."""

from __future__ import annotations

import numpy as np

from keras_gen.data.examples import Examples, Shape, Stream, check_memory, conform_picture, from_arrays
from serving.errors import InputError, nearest


def read(location: str, split: str, shape: Shape) -> Examples:
    """The features `image` and `label` of a split, prepared or downloaded to `TFDS_DATA_DIR`."""
    name = f"tfds:{location}"
    found = stream(location, split, shape)
    pictures: list[np.ndarray] = []
    labels: list[int] = []
    for picture, label in found.examples:
        if not pictures:
            check_memory(name, found.count, picture.shape)
        elif picture.shape != pictures[0].shape:
            raise InputError(
                f"{name} must have pictures of one size unless --image_size is given. Received: "
                f"{pictures[0].shape} and {picture.shape}."
            )
        pictures.append(picture)
        if label is not None:
            labels.append(label)
    return from_arrays(name, np.stack(pictures), np.array(labels) if labels else None, Shape(), found.classes)


def stream(location: str, split: str, shape: Shape) -> Stream:
    """The pictures of `read`, decoded as they are asked for."""
    import tensorflow_datasets as tfds

    name = f"tfds:{location}"
    try:
        builder = tfds.builder(location)
        if split != "all" and builder.info.splits and split not in builder.info.splits:
            raise InputError(f"{name} must have the split {split!r}. Received: {', '.join(builder.info.splits)}.")
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
    features = builder.info.features
    if "image" not in features:
        raise InputError(f"{name} must have a feature 'image'. Received: {', '.join(features)}.")
    labelled = "label" in features
    classes = tuple(features["label"].names or ()) if labelled and hasattr(features["label"], "names") else ()
    examples = (
        (conform_picture(_eight_bits(example["image"]), shape), int(example["label"]) if labelled else None)
        for example in tfds.as_numpy(builder.as_dataset(split=split))
    )
    return Stream(builder.info.splits[split].num_examples, examples, classes)


def _eight_bits(picture: np.ndarray) -> np.ndarray:
    """uint8 with 1 or 3 channels; a fourth channel, transparency, is dropped."""
    if picture.dtype == np.uint16:
        picture = np.rint(picture / 257.0).astype(np.uint8)
    return picture[:, :, :3] if picture.shape[2] == 4 else picture
