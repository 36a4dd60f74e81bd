"""Networks that take one example at a time, run for any number of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.runtime.runner import Feed, Runner, as_value

if TYPE_CHECKING:
    import onnxruntime


class OneByOne(Runner):
    """A runner whose session takes one example at a time: what it is given is run row after row."""

    def run(self, feed: Feed, output: str, into: np.ndarray | None = None) -> np.ndarray:
        """As `Runner.run`."""
        if into is None:
            return np.concatenate([super(OneByOne, self).run(row, output) for row in rows(_arrays(feed))])
        for index, row in enumerate(rows(_arrays(feed))):
            super().run(row, output, into[index : index + 1])
        return into

    def value(self, feed: Feed, output: str) -> onnxruntime.OrtValue:
        """As `Runner.value`; the rows are put together on the CPU."""
        return as_value(self.run(feed, output), self.device)


def rows(feed: Mapping[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    """One example after the other, each with its first axis."""
    for index in range(len(next(iter(feed.values())))):
        yield {name: value[index : index + 1] for name, value in feed.items()}


def run_any_number(
    session: onnxruntime.InferenceSession, outputs: Sequence[str], feed: Mapping[str, np.ndarray]
) -> list[np.ndarray]:
    """As `session.run`, for as many examples as there are where the session takes one at a time."""
    if not takes_one(session):
        return list(session.run(list(outputs), dict(feed)))
    made = [session.run(list(outputs), row) for row in rows(feed)]
    return [np.concatenate(parts) for parts in zip(*made, strict=True)]


def takes_one(session: onnxruntime.InferenceSession) -> bool:
    """Whether a session wants one row of its inputs."""
    return any(value.shape[:1] == [1] for value in session.get_inputs())


def _arrays(feed: Feed) -> dict[str, np.ndarray]:
    return {name: _array(value) for name, value in feed.items()}


def _array(value: Any) -> np.ndarray:
    return np.asarray(value if isinstance(value, np.ndarray | np.generic) else value.numpy())
