"""Parts of a job on a pool of Ray Data's actors. Needs Ray: `pip install 'keras-gen[ray]'`.

A worker that dies is replaced, and another one runs its part again. Parts write files completely or not at all and keep
existing ones, so that no picture is lost or written twice.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from typing import Any

from serving.bulk.job import Job, Part, Results
from serving.common.errors import InputError, require_at_least
from serving.runtime.providers import AUTO, CPU, CUDA, TENSORRT

LOCAL = "local"
# Nothing large goes through Ray: workers get the numbers of parts, and read and write files themselves.
OBJECT_STORE = 100 * 2**20
# A part that kills its worker this often would always kill it.
ATTEMPTS = 4
BLOCKS = 1000
REACHED_WITHIN = 10.0
ERRORS: dict[str, type[Exception]] = {"mistake": InputError, "system": OSError, "dead": ChildProcessError}


@contextmanager
def on_ray(job: Job, address: str, workers: int | None = None, threads: int | None = None) -> Iterator[Results]:
    """Yields an iterator over the parts of a job, in the order in which they finish: (number of the part, what failed).
    The work begins with the first item that is requested.

    Every machine of a cluster must have keras-gen, and the bundle and the folders under the same paths.

    Args:
        job: the work.
        address: `local` starts Ray on this machine, for this machine alone; otherwise the address of a cluster.
        workers: number of processes; by default one per GPU if there are GPUs and the job's provider may use them,
            otherwise as many as there are CPUs for.
        threads: number of CPU threads of each process; 1 by default.

    Raises:
        ModuleNotFoundError: Ray is not installed.
        InputError: there is no cluster at the address, or a worker cannot use the bundle or the settings.
        ChildProcessError: workers die again and again.
    """
    require_at_least(1, **{name: n for name, n in {"workers": workers, "threads": threads}.items() if n is not None})
    with _connected(address, workers, threads or 1) as ray:
        yield _mapped(ray, job, workers, threads or 1)


@contextmanager
def _connected(address: str, workers: int | None, threads: int) -> Iterator[Any]:
    """Yields Ray, connected. What it prints goes to standard error."""
    _prepare(address)
    import ray
    import ray.data  # names what is missing before anything is started

    _check_reached(address)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    here: dict[str, Any] = {}
    if address == LOCAL:
        cpus = (workers * threads) if workers else max(threads, os.cpu_count() or 1)
        here = {"num_cpus": cpus, "include_dashboard": False, "object_store_memory": OBJECT_STORE}
    with redirect_stdout(sys.stderr):
        try:
            with _silent():
                ray.init(address, **here, **quiet)
        except Exception as error:  # whatever a wrong address, another version or another Python makes it trip over
            raise _no_cluster(address, _one_line(error)) from error
        try:
            yield ray
        finally:
            ray.shutdown()


def _check_reached(address: str) -> None:
    """Raises InputError if nothing listens at the address. Ray itself would keep trying for many minutes."""
    if address in (LOCAL, "auto"):
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise _no_cluster(address, "no HOST:PORT")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACHED_WITHIN).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, _one_line(error)) from error


def _no_cluster(address: str, reason: str) -> InputError:
    return InputError(
        f"--ray must be `local`, or the address of a Ray cluster that can be joined. Received: {address}: {reason}."
    )


@contextmanager
def _silent() -> Iterator[None]:
    """Suppresses standard error, except exceptions: Ray's C++ libraries print their log level there."""
    sys.stderr.flush()
    saved, silence = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(silence)


def _prepare(address: str) -> None:
    """Sets what Ray reads when it is imported or started: it sends no statistics and prints only errors. A local Ray is
    reachable from this machine only, with a token."""
    settings = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}
    if address == LOCAL:
        # Meant for systems on which Ray has no clusters. Its effect is that Ray stays on the loopback address.
        settings["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        if "RAY_AUTH_MODE" not in os.environ:
            settings |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    for name, value in settings.items():
        os.environ.setdefault(name, value)


def _mapped(ray: Any, job: Job, workers: int | None, threads: int) -> Results:
    resources = ray.cluster_resources()
    cpus, gpus = int(resources.get("CPU", 0)), int(resources.get("GPU", 0))
    on_gpu = job.settings.provider in (CUDA, TENSORRT) or (job.settings.provider == AUTO and gpus > 0)
    pool = workers or max(1, gpus if on_gpu else cpus // threads)
    # A worker that was given no GPU must not use one.
    provider = CPU if job.settings.provider == AUTO and not on_gpu else job.settings.provider
    job = job.moved(replace(job.settings, provider=provider, threads=threads))
    _quiet(ray)
    attempts = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Attempts).remote()
    parts = [{"part": part} for part in range(job.parts)]
    results = ray.data.from_items(parts, override_num_blocks=min(job.parts, BLOCKS)).map(
        Worker,
        fn_constructor_args=(job, attempts),
        compute=ray.data.ActorPoolStrategy(size=min(pool, job.parts), max_tasks_in_flight_per_actor=2),
        num_cpus=threads,
        num_gpus=1 if on_gpu else 0,
    )
    missing = set(range(job.parts))
    try:
        for row in results.iter_rows():
            if row["problem"]:
                raise ERRORS[row["kind"]](row["problem"])
            missing.discard(row["part"])
            yield row["part"], json.loads(row["failed"])
    except ray.exceptions.RayError as error:
        raise ChildProcessError(f"the workers of --ray must stay alive. Received: {_one_line(error)}") from error
    if missing:
        raise ChildProcessError(f"Ray must run every part. Received: {len(missing)} parts that did not run.")


def _quiet(ray: Any) -> None:
    import logging

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)


class Attempts:
    """Counts how often each part was started. It is a process of its own, so that it outlives the workers."""

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}

    def begin(self, part: int) -> int:
        """Adds one start of a part, and returns the number of its starts."""
        self.counts[part] = self.counts.get(part, 0) + 1
        return self.counts[part]


class Worker:
    """A process of the pool: it opens the job for its first part, then runs one part after the other.

    Args:
        job: the work.
        attempts: the actor of `Attempts`. Ray Data itself would repeat a part that kills workers without end.
    """

    def __init__(self, job: Job, attempts: Any) -> None:
        self.job, self.attempts = job, attempts
        self.do: Part | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Runs the part of a row, and returns the row with what failed; a `problem` stops the whole job."""
        part = int(row["part"])
        told = {"part": part, "failed": "{}", "problem": "", "kind": ""}
        import ray

        if ray.get(self.attempts.begin.remote(part)) > ATTEMPTS:
            problem = f"a worker must survive part {part} of the work. Received: {ATTEMPTS} that did not."
            return {**told, "problem": problem, "kind": "dead"}
        try:
            self.do = self.do or self.job.open()
            return {**told, "failed": json.dumps(self.do(part))}
        except (InputError, OSError) as error:
            return {**told, "problem": str(error), "kind": "mistake" if isinstance(error, InputError) else "system"}


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
