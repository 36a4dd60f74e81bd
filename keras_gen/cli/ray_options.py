"""`--ray ADDRESS`: what the commands that do bulk work share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from keras_gen.cli.parser import Parser
from serving.bulk.job import Job, Results, done_here
from serving.common.errors import InputError
from serving.runtime.sessions import SMALL


def add_ray(parser: Parser) -> None:
    """Adds where to do the work, and in how many processes."""
    parser.add_argument(
        "--ray",
        type=str | None,
        default=None,
        help="run in processes of Ray: local, or the address of a cluster. --threads counts for each process.",
    )
    parser.add_argument(
        "--workers", type=int | None, default=None, help="with --ray: number of processes; one for each CPU by default."
    )


def check_ray(options: Any, is_folder: bool) -> None:
    """Raises InputError for `--workers` without `--ray`, or `--ray` for anything but a folder."""
    if options.ray is None and options.workers is not None:
        raise InputError(f"--workers must be left out without --ray. Received: {options.workers}.")
    if options.ray is not None and not is_folder:
        raise InputError(f"--ray must be left out unless a folder of pictures is written. Received: {options.ray}.")


@contextmanager
def doing(job: Job, options: Any) -> Iterator[Results]:
    """The parts of a job, done as the options say when they are asked for; mistakes are named before that."""
    if options.ray is None:
        yield done_here(job)
        return
    job.moved(SMALL).open()
    from serving.bulk.ray_data import on_ray

    with on_ray(job, options.ray, options.workers, options.threads) as results:
        yield results
