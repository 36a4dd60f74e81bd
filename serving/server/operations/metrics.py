"""The figures of `/metrics`, in Triton's names where it has them."""

from __future__ import annotations

import re

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from serving.server.catalogue import Bundle, Served
from serving.server.observing import Observer
from serving.server.refusals import Reason
from serving.server.requests import Timing

LABELS = ("model", "version")
ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# The library ends the names of counters in `_total`; Triton's have no end.
TOTAL = re.compile(rb"^((?:# (?:HELP|TYPE) )?nv_\w+?)_total\b", re.MULTILINE)


class Metrics(Observer):
    """Counts what the engine does.

    Args:
        folder: where the workers of a server put their figures, so that each can tell those of all; None for one alone.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        self._models: dict[tuple[str, ...], tuple[Counter, Counter, Counter, Counter, Counter, Histogram]] = {}
        self._networks: dict[tuple[str, str, str], tuple[Counter, Histogram, Histogram, Histogram]] = {}
        self._registry = registry = CollectorRegistry()

        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(name, what, (*LABELS, *labels), registry=registry)

        def histogram(name: str, what: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(name, what, LABELS, buckets=buckets, registry=registry)

        self._succeeded = counter("nv_inference_request_success", "Requests that got their result.")
        self._failed = counter("nv_inference_request_failure", "Requests that got none, by the reason.", "reason")
        self._rows = counter("nv_inference_count", "Rows of requests that got their result.")
        self._runs = counter("nv_inference_exec_count", "Batches that a network was run for.")
        self._waited = counter("nv_inference_queue_duration_us", "Microseconds that requests waited, in all.")
        self._took = counter("nv_inference_request_duration_us", "Microseconds that requests took, in all.")
        self._infer = counter("nv_inference_compute_infer_duration_us", "Microseconds of requests in networks, in all.")
        self._queue = histogram("keras_gen_queue_seconds", "Seconds that a request waited.", SECONDS)
        self._compute = histogram("keras_gen_compute_seconds", "Seconds that a batch took in its network.", SECONDS)
        self._batches = histogram("keras_gen_batch_rows", "Rows of a batch.", ROWS)
        self._joined = histogram("keras_gen_batch_requests", "Requests whose rows a batch has.", ROWS)

    def answered(self, served: Served, rows: int, timing: Timing) -> None:
        """Counts a request that got its result."""
        succeeded, counted, waited, infer, took, queue = self._of_model(served.name, served.bundle.version)
        succeeded.inc()
        counted.inc(rows)
        waited.inc(timing.queued * 1e6)
        infer.inc(timing.computed * 1e6)
        took.inc((timing.queued + timing.computed) * 1e6)
        queue.observe(timing.queued)

    def refused(self, served: Served, reason: Reason) -> None:
        """Counts a request that got none."""
        self._failed.labels(served.name, served.bundle.version, reason.name).inc()

    def computed(self, bundle: Bundle, network: str, rows: int, requests: int, seconds: float) -> None:
        """Counts a batch."""
        runs, compute, batches, joined = self._of_network(bundle.name, network, bundle.version)
        runs.inc()
        compute.observe(seconds)
        batches.observe(rows)
        joined.observe(requests)

    def _of_model(self, *labels: str) -> tuple[Counter, Counter, Counter, Counter, Counter, Histogram]:
        """The figures of a model. The library takes as long to find them by their labels as to count ten times."""
        if labels not in self._models:
            counters = self._succeeded, self._rows, self._waited, self._infer, self._took
            one, two, three, four, five = (counter.labels(*labels) for counter in counters)
            self._models[labels] = one, two, three, four, five, self._queue.labels(*labels)
        return self._models[labels]

    def _of_network(self, bundle: str, network: str, version: str) -> tuple[Counter, Histogram, Histogram, Histogram]:
        key = bundle, network, version
        if key not in self._networks:
            labels = f"{bundle}/{network}", version
            one, two, three = (each.labels(*labels) for each in (self._compute, self._batches, self._joined))
            self._networks[key] = self._runs.labels(*labels), one, two, three
        return self._networks[key]

    def text(self) -> tuple[bytes, str]:
        """The figures of all workers in Prometheus' text format, and its media type."""
        registry = self._registry
        if self._folder is not None:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry, path=self._folder)  # type: ignore[no-untyped-call]
        return TOTAL.sub(rb"\1", generate_latest(registry)), CONTENT_TYPE_LATEST
