"""`clustered:COUNT:SOURCE`: pictures of another source with groups that were found without labels, as their classes.

A conditional GAN that is told the group of each picture is torn between fewer of them, and no one had to label any.
Sources: Sage et al. 2018, "Logo Synthesis and Manipulation with Clustered Generative Adversarial Networks"; Liu et al.
2020, "Diverse Image Generation via Self-Conditioned GANs". They group features and let groups be of any size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from keras_gen.data.examples import Examples, Shape, joined, splits_of
from keras_gen.data.forms import Form, Inner
from serving.common.errors import InputError

SOURCE = Form(
    ("clustered:COUNT:SOURCE",),
    "another source with COUNT groups of equal size in place of labels, found by k-means of the training pictures' "
    "pixels; test pictures have the group whose mean is nearest",
    wraps=True,
    chosen=True,
)
SEED = 0
# Pictures are compared at no more than so many pixels a side: k-means is as good there, and fast.
SIDE = 16
ROUNDS = 8


def read(inner: Inner, split: str, shape: Shape) -> Examples:
    """The pictures in the order of the data, each with its group.

    Training groups are equally large, to within one picture, so that samples of one group after the other are
    distributed as the data is.

    Raises:
        InputError: no whole number, or not from 2 to half the number of training pictures.
    """
    from sklearn.cluster import MiniBatchKMeans  # which a listing of sources does not need

    name = f"clustered:{inner.chosen}:{inner.name}"
    train = inner.read("train", shape).examples.images
    count = int(inner.chosen) if inner.chosen.isdecimal() else 0
    if not 2 <= count <= len(train) // 2:
        raise InputError(
            f"{name} must name how many groups there are, 2 to {len(train) // 2}. Received: {inner.chosen}."
        )
    numbers = _numbers(train)
    means = MiniBatchKMeans(count, random_state=SEED, n_init=1, batch_size=4096).fit(numbers).cluster_centers_
    for _ in range(ROUNDS):
        groups = equal_groups(_distances(numbers, means))
        means = np.stack([numbers[groups == group].mean(axis=0) for group in range(count)])
    digits = len(str(count - 1))
    classes = tuple(f"group {group:0{digits}d}" for group in range(count))
    parts = []
    for part in splits_of(split):
        images = train if part == "train" else inner.read(part, shape).examples.images
        labels = groups if part == "train" else _distances(_numbers(images), means).argmin(axis=1)
        parts.append(Examples(images, labels.astype(np.int32), classes))
    return joined(name, parts)


def equal_groups(distances: NDArray[np.float32]) -> NDArray[np.int64]:
    """The group of each picture, with groups of equal size to within one, near those at the least distance.

    Pictures that lose most by another group choose first; what a full group refuses chooses again.

    Args:
        distances: of each picture to each group, (pictures, groups).

    Returns:
        Labels, (pictures,).
    """
    count, groups = distances.shape
    room = np.full(groups, count // groups)
    room[: count % groups] += 1
    labels, waiting = np.full(count, -1), np.arange(count)
    while len(waiting):
        free = np.flatnonzero(room)
        near = distances[waiting][:, free]
        wanted = free[near.argmin(axis=1)]
        best, second = np.partition(near, 1, axis=1)[:, :2].T if len(free) > 1 else (near[:, 0], near[:, 0])
        for group in np.unique(wanted):
            those = np.flatnonzero(wanted == group)
            first = those[np.argsort(best[those] - second[those], kind="stable")[: room[group]]]
            labels[waiting[first]] = group
            room[group] -= len(first)
        waiting = np.flatnonzero(labels < 0)
    return labels


def _numbers(images: np.ndarray) -> NDArray[np.float32]:
    """Pictures as rows of numbers, at most `SIDE` pixels a side: means of blocks, what is left over cut off."""
    count, height, width, channels = images.shape
    rows, columns = (max(1, -(-side // SIDE)) for side in (height, width))
    kept = images[:, : height // rows * rows, : width // columns * columns].astype(np.float32)
    blocks = kept.reshape(count, height // rows, rows, width // columns, columns, channels)
    return blocks.mean(axis=(2, 4)).reshape(count, -1)


def _distances(numbers: NDArray[np.float32], means: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared, less what is the same for all groups of a picture."""
    return (means**2).sum(axis=1) - 2 * numbers @ means.T.astype(np.float32)
