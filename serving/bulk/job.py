"""Work in numbered parts that may be done in any order, by anyone, and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from serving.runtime.sessions import Settings

Done = dict[str, str]
Part = Callable[[int], Done]
Results = Iterator[tuple[int, Done]]


class Job(Protocol):
    """Work that is described by what it holds, so that another process can be given it.

    A part writes its files whole or not at all, under names that the job knows beforehand, and leaves those that are
    there as they are: whoever does a part again does what is missing.
    """

    @property
    def settings(self) -> Settings:
        """How the networks are run."""
        ...

    @property
    def parts(self) -> int:
        """How many there are."""
        ...

    def size(self, part: int) -> int:
        """How many pictures a part is, for a progress bar."""
        ...

    def open(self) -> Part:
        """What does a part, and gives the pictures that could not be done, each with the reason in a line.

        Opening loads the networks. It is called once in every process.
        """
        ...

    def moved(self, settings: Settings) -> Job:
        """The same work, run otherwise."""
        ...


def done_here(job: Job) -> Results:
    """Every part in this process, in order: (its number, what failed). Mistakes are named at once.

    Raises:
        InputError: as for the job's `open`.
    """
    do = job.open()
    return ((part, do(part)) for part in range(job.parts))
