"""Batches of two domains, and the usual augmentation: a random part, and a mirror."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keras_gen.data.domains import check_same_shape
from keras_gen.data.examples import Shape, asked_shape
from keras_gen.data.shares import Share, shared
from keras_gen.data.source import SPLITS, Source
from keras_gen.data.streams import Stream
from keras_gen.data.translation import edges, pairs, prepared, textured, tfds, unpaired
from keras_gen.data.translation.both import Both
from serving.common.errors import InputError, nearest, require_among

if TYPE_CHECKING:
    import tensorflow as tf

READERS: dict[str, Callable[[str, str, Shape], Both]] = {
    "edges": edges.read,
    "pairs": pairs.read,
    "prepared": prepared.read,
    "textured": textured.read,
    "tfds": tfds.read,
    "unpaired": unpaired.read,
}
# One of pairs, or one for each domain.
STREAMS: dict[str, Callable[[str, str, Shape], tuple[Stream, ...]]] = {
    "edges": edges.streams,
    "pairs": pairs.streams,
    "textured": textured.streams,
    "tfds": tfds.streams,
    "unpaired": unpaired.streams,
}
DOMAIN_NAMES = (
    "pairs:PATH, pairs:PATH_A,PATH_B, unpaired:PATH, unpaired:PATH_A,PATH_B, tfds:cycle_gan/NAME, edges:SOURCE, "
    "textured:SOURCE or prepared:FOLDER"
)


@dataclass(frozen=True)
class Domains:
    """Pictures of two domains in memory, or mapped into it.

    Attributes:
        name: what they were opened by.
        a: pictures of the first.
        b: pictures of the second, of the same height and width.
        paired: whether `b` holds what belongs to the pictures of `a`, in their order.
    """

    name: str
    a: Source
    b: Source
    paired: bool

    def __len__(self) -> int:
        return max(len(self.a), len(self.b))

    def swapped(self) -> Domains:
        """The other way around."""
        return Domains(self.name, self.b, self.a, self.paired)

    def steps(self, batch_size: int) -> int:
        """Batches in an epoch, which is a pass over the larger domain."""
        return len(self) // batch_size

    def dataset(self, batch_size: int) -> tf.data.Dataset:
        """One pass over the smaller domain, in the order of the data: batches as `endless` gives them, the last one as
        long as it is."""
        import tensorflow as tf

        length = min(len(self.a), len(self.b))
        parts = (
            part.dataset(min(batch_size, length), shuffle=False)
            for part in (self.a.first(length), self.b.first(length))
        )
        return tf.data.Dataset.zip(*parts)

    def endless(
        self,
        batch_size: int,
        seed: int = 0,
        first_step: int = 0,
        crop: int | None = None,
        mirror: bool = False,
        share: Share | None = None,
    ) -> tf.data.Dataset:
        """Epoch after epoch without end, for `fit` with `steps_per_epoch=domains.steps(batch_size)`.

        Order and parts are functions of the seed and of the steps before, so that training that continues after
        `first_step` steps sees what it would have seen without the interruption.

        Args:
            batch_size: pictures of each domain in a batch.
            seed: seed of the order, and of the parts.
            first_step: steps that are finished.
            crop: side of the random square that is taken of each picture, of both of a pair at the same place; None
                takes the whole.
            mirror: turn every second one around, drawn at random, both of a pair alike.
            share: part of every batch; all of it by default.

        Returns:
            Batches (pictures of A, pictures of B), float32 (batch, height, width, channels) in [-1, 1].

        Raises:
            InputError: a batch larger than a domain, or a part larger than the pictures.
        """
        import tensorflow as tf

        from keras_gen.data.translation.cropping import random_parts

        height, width, _ = self.a.image_shape
        if crop is not None and not 1 <= crop <= min(height, width):
            raise InputError(f"`crop` must be at least 1 and at most the pictures' {width}x{height}. Received: {crop}.")
        whole = crop is None and not mirror
        of_index = share if whole else None
        # With one seed, sets of equal length come in the same order: pairs stay together, and others must not.
        batches = tf.data.Dataset.zip(
            self.a.endless(batch_size, seed, first_step, share=of_index),
            self.b.endless(batch_size, seed if self.paired else ~seed, first_step, share=of_index),
        )
        if whole:
            return batches

        def parts(step: tf.Tensor, both: tuple[tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
            a, b = both
            return random_parts(a, b, crop, mirror, tf.stack([tf.constant(seed, tf.int64), step]), self.paired)

        # Parts are drawn for the whole batch.
        return shared(tf.data.Dataset.zip(tf.data.Dataset.counter(first_step), batches).map(parts), share)


def open_domains(
    name: str,
    image_size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    split: str = "train",
    reverse: bool = False,
) -> Domains:
    """Opens two domains by name.

    Args:
        name: one of `DOMAIN_NAMES`. Of pictures side by side the left one is of A.
        image_size: as in `open_source`.
        channels: 1 for grey; pictures are RGB otherwise, grey ones too.
        split: `train`, `test` or `all`.
        reverse: take the second domain for A.

    Raises:
        InputError: an unknown kind, a path that is not there, pictures that have no partner or another shape.
    """
    kind, location = _kind(name, split, READERS)
    found = READERS[kind](location, split, asked_shape(image_size, channels))
    a, b = (Source(f"{name} ({domain})", split, part) for domain, part in (("A", found.a), ("B", found.b)))
    check_same_shape(a, b)
    both = Domains(name, a, b, found.paired)
    return both.swapped() if reverse else both


def open_streams(
    name: str, image_size: int | tuple[int, int] | None = None, channels: int | None = None, split: str = "train"
) -> tuple[Stream, ...]:
    """One after the other the pairs, or the pictures of A and those of B; arguments and errors as for
    `open_domains`."""
    kind, location = _kind(name, split, STREAMS)
    return STREAMS[kind](location, split, asked_shape(image_size, channels))


def has_domains(name: str) -> bool:
    """Whether a source that can be streamed is one of two domains; a data set of TensorFlow Datasets is looked at."""
    kind, _, location = name.partition(":")
    return kind in STREAMS and (kind != "tfds" or (bool(location) and tfds.has_domains(location)))


def check_load_size(load_size: int, image_size: int | None) -> None:
    """Raises InputError where parts of `image_size` cannot be taken of pictures of `load_size`."""
    if image_size is None or load_size < image_size:
        raise InputError(
            "--load-size must be at least --image-size, the side of the part that is taken of each picture. "
            f"Received: {load_size} and {image_size}."
        )


def _kind(name: str, split: str, kinds: Mapping[str, object]) -> tuple[str, str]:
    kind, _, location = name.partition(":")
    if kind not in kinds or not location:
        raise InputError(f"two domains must be {DOMAIN_NAMES}. Received: {name!r}.{nearest(kind, list(kinds))}")
    require_among(SPLITS, split=split)
    return kind, location
