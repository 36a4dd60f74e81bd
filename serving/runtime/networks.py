"""The networks of a bundle, run on all rows of arrays a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from serving.bundle.manifest import Network, Tensor
from serving.bundle.names import IMAGE, NOISE
from serving.common.arrays import plain_array, require_finite, room_for
from serving.common.errors import InputError, require_integer
from serving.runtime.runner import Runner
from serving.runtime.sessions import OfBundle, Sessions

Arrays = dict[str, np.ndarray]
# The index of the first picture of a batch, and where to write it.
Fill = Callable[[int, np.ndarray], object]


class Networks(OfBundle):
    """What a bundle has, by name.

    Args:
        sessions: of the bundle; a name of no network is an InputError later.
    """

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions

    def checked(self, network: str, images: np.ndarray) -> np.ndarray:
        """Pictures of the shape and type that a network takes."""
        expected = self.entry(network).inputs[IMAGE]
        images = plain_array("images", images)
        if images.ndim != 4 or images.shape[1:] != expected.axes[1:] or len(images) == 0:
            raise InputError(f"`images` must have the shape (n, {_join(expected.axes[1:])}). Received: {images.shape}.")
        if images.dtype != expected.dtype:
            raise InputError(f"`images` must be {expected.dtype}. Received: {images.dtype}.")
        if images.dtype.kind == "f":
            require_finite("images", images)
        return images

    def blank(self, network: str, n: int) -> np.ndarray:
        """Pictures that a network takes."""
        tensor = self.entry(network).inputs[IMAGE]
        return np.zeros((n, *fixed_axes(tensor)), tensor.dtype)

    def run(self, network: str, feed: Arrays, output: str, batch_size: int, progress: bool) -> np.ndarray:
        """One output of a network for all rows of arrays, a batch at a time."""
        runner = self.runner(network)

        def fill(start: int, into: np.ndarray) -> None:
            part = slice(start, start + len(into))
            runner.run({name: values[part] for name, values in feed.items()}, output, into)

        return self.collect(network, output, len(next(iter(feed.values()))), batch_size, fill, progress)

    def collect(self, network: str, output: str, n: int, batch_size: int, fill: Fill, progress: bool) -> np.ndarray:
        """All batches in one array, which they are written straight into."""
        require_integer(1, batch_size=batch_size)
        tensor = self.entry(network).outputs[output]
        collected = room_for("n", n, fixed_axes(tensor), tensor.dtype)
        with _bar(n, progress) as bar:
            for start in range(0, n, batch_size):
                part = collected[start : start + batch_size]
                fill(start, part)
                bar.update(len(part))
        return collected

    def entry(self, name: str) -> Network:
        """What the manifest says of a network."""
        if name not in self.manifest.networks:
            raise InputError(
                f"{self.bundle} must have the network {name!r}. "
                f"Received: a bundle with {_join(self.manifest.networks)}."
            )
        return self.manifest.networks[name]

    def runner(self, name: str) -> Runner:
        """A network that can be run."""
        self.entry(name)  # names what the bundle does not have
        return self.sessions.of(name, small=name == NOISE)


def fixed_axes(tensor: Tensor) -> tuple[int, ...]:
    """The axes behind the first, whose sizes are known.

    Raises:
        InputError: another free axis.
    """
    sizes = tuple(axis for axis in tensor.axes[1:] if isinstance(axis, int))
    if len(sizes) != len(tensor.axes) - 1:
        raise InputError(f"only the first axis must be free. Received: ({_join(tensor.axes)}).")
    return sizes


def _bar(total: int, shown: bool) -> Any:
    from tqdm import tqdm

    return tqdm(total=total, unit="img", disable=not shown, leave=False)


def _join(values: Any) -> str:
    return ", ".join(map(str, values))
