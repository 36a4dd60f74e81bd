"""Work that is split into numbered parts, which may run in any order, in any process, and more than once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from serving.runtime.sessions import Settings

Done = dict[str, str]
Part = Callable[[int], Done]
Results = Iterator[tuple[int, Done]]


class Job(Protocol):
    """Work whose description can be sent to another process.

    A part writes each of its files completely or not at all, under names that are known beforehand, and leaves existing
    files as they are. A part that runs again therefore writes only the files that are missing.
    """

    @property
    def settings(self) -> Settings:
        """How the networks are run."""
        ...

    @property
    def parts(self) -> int:
        """Number of parts."""
        ...

    def size(self, part: int) -> int:
        """Number of pictures in a part, for a progress bar."""
        ...

    def open(self) -> Part:
        """Returns the function that runs a part. It returns the pictures that failed, each with the reason in one line.

        `open` loads the networks. It is called once in every process.
        """
        ...

    def moved(self, settings: Settings) -> Job:
        """The same work with other settings."""
        ...


def done_here(job: Job) -> Results:
    """Runs every part in this process, in order: (number of the part, what failed). Mistakes are raised at once.

    Raises:
        InputError: as for the job's `open`.
    """
    do = job.open()
    return ((part, do(part)) for part in range(job.parts))
