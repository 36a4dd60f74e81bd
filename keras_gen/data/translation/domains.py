"""Batches of two domains, and the usual augmentation: a random part, and a mirror."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from keras_gen.data import own
from keras_gen.data.domains import check_same_shape
from keras_gen.data.examples import AskedSize, asked_shape, check_split, parse_size
from keras_gen.data.kinds import DOMAINS, SOURCES, find_domains
from keras_gen.data.opening import interpolation_of, place_of, resolved_range
from keras_gen.data.shares import Share, shared
from keras_gen.data.source import Source
from keras_gen.data.streams import Stream
from serving.common.errors import InputError
from serving.common.interpolation import Choice, Interpolation
from serving.common.levels import Levels, ValueRange

if TYPE_CHECKING:
    import tensorflow as tf


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
        crop: AskedSize | None = None,
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
            crop: side of the random square, or (height, width) of the random part, that is taken of each picture, of
                both of a pair at the same place; None takes the whole.
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
        part = (crop, crop) if isinstance(crop, int) else parse_size(crop, "crop")
        if part is not None and not (1 <= part[0] <= height and 1 <= part[1] <= width):
            raise InputError(f"`crop` must be at least 1 and at most the pictures' {width}x{height}. Received: {crop}.")
        whole = part is None and not mirror
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
            return random_parts(a, b, part, mirror, tf.stack([tf.constant(seed, tf.int64), step]), self.paired)

        # Parts are drawn for the whole batch.
        return shared(tf.data.Dataset.zip(tf.data.Dataset.counter(first_step), batches).map(parts), share)


def open_domains(
    name: str,
    image_size: AskedSize | None = None,
    channels: int | None = None,
    split: str = "train",
    reverse: bool = False,
    value_range: ValueRange | str | None = None,
    frames: str | None = None,
    interpolation_a: Choice | None = None,
    interpolation_b: Choice | None = None,
) -> Domains:
    """Opens two domains by name.

    Args:
        name: one of `DOMAIN_NAMES`. Of pictures side by side the left one is of A.
        image_size: as in `open_source`.
        channels: as in `open_source`, of both domains; picture files are RGB by default, grey ones too.
        split: `train`, `test` or `all`.
        reverse: take the second domain for A.
        value_range: as in `open_source`, of both domains.
        frames: as in `open_source`.
        interpolation_a: `interpolation` of `open_source` for A, the second domain with `reverse`.
        interpolation_b: likewise for B.

    Raises:
        InputError: an unknown kind, a path that is not there, pictures that have no partner or another shape.
    """
    kind, location = find_domains(name)
    check_split(split)
    levels = Levels(resolved_range(value_range, partial(measure_domains, name, frames, channels)))
    a, b = interpolation_of(interpolation_a), interpolation_of(interpolation_b)
    in_data = (b, a) if reverse else (a, b)
    shape = asked_shape(image_size, channels, levels, frames, in_data)
    found = kind.read(place_of(kind.form, location), split, shape)
    first, second = (
        Source(f"{name} ({domain})", split, part, levels, way)
        for domain, part, way in zip("AB", (found.a, found.b), in_data, strict=True)
    )
    check_same_shape(first, second)
    both = Domains(name, first, second, found.paired)
    if split != "test":
        levels.warn(name)
        for part in (first, second):
            part.interpolation.say(part.name)
    return both.swapped() if reverse else both


def measure_domains(name: str, frames: str | None, channels: int | None, levels: Levels) -> None:
    """Lets levels see all training pictures of both domains, and take the range of their numbers."""
    kind, location = find_domains(name)
    place, shape = place_of(kind.form, location), asked_shape(None, channels, levels, frames)
    if kind.stream is None:
        kind.read(place, "train", shape)
    else:
        for _ in chain.from_iterable(stream.examples for stream in kind.stream(place, "train", shape)):
            pass
    levels.settle(name)


def open_streams(
    name: str,
    image_size: AskedSize | None = None,
    channels: int | None = None,
    split: str = "train",
    levels: Levels | None = None,
    frames: str | None = None,
    interpolations: tuple[Interpolation, Interpolation] | None = None,
) -> tuple[Stream, ...]:
    """One after the other the pairs, or the pictures of A and those of B; arguments and errors as for
    `open_domains`."""
    kind, location = find_domains(name)
    check_split(split)
    if kind.stream is None:
        raise InputError(f"the data must be pictures that can be prepared. Received: {name!r}.")
    shape = asked_shape(image_size, channels, levels, frames, interpolations)
    return kind.stream(place_of(kind.form, location), split, shape)


def has_domains(name: str) -> bool:
    """Whether a source that can be streamed is one of two domains; where its name does not say so, it is looked at."""
    head, _, location = name.partition(":")
    kind = DOMAINS.get(head)
    if kind is None:
        return head not in SOURCES and name in own.FUNCTIONS and own.has_domains(name)
    if kind.stream is None:
        return False
    return head not in SOURCES or kind.has_domains is None or (bool(location) and kind.has_domains(location))


def is_of_one_domain(name: str) -> bool:
    """Whether the kind of a source has pictures of one domain and never of two, by its name alone."""
    head = name.partition(":")[0]
    return head in SOURCES and head not in DOMAINS


def check_load_size(load_size: AskedSize, image_size: AskedSize | None) -> None:
    """Raises InputError where parts of `image_size` cannot be taken of pictures of `load_size`."""
    whole, part = parse_size(load_size, "load_size"), parse_size(image_size)
    if whole is None or part is None or whole[0] < part[0] or whole[1] < part[1]:
        raise InputError(
            "--load-size must be at least --image-size, the side of the part that is taken of each picture. "
            f"Received: {load_size} and {image_size}."
        )
