"""Networks share the workers by time, and clients the batches of a network in turns."""

from __future__ import annotations

import time

import numpy as np
import pytest

from serving import Settings
from serving.server.batching.jobs import Job
from serving.server.batching.options import Batching
from serving.server.batching.scheduler import Scheduler
from serving.server.catalogue import Catalogue
from serving.server.limits import Limits
from tests import handmade
from tests.serving.server.engines import ask, gated, served


def rows(number):
    return {"x": np.zeros((number, 4), np.float32)}


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    return handmade.write(tmp_path_factory.mktemp("product") / "b", {"net": handmade.product(handmade.inside())})


def test_a_network_that_is_asked_for_little_does_not_wait_behind_one_that_is_asked_for_much(product):
    with served({"much": product, "little": product}, max_batch_size=4) as engine:
        much, little = gated(engine.catalogue, "much/net", "little/net")
        large = ask(engine, "much/net", rows(400))
        much.began()
        small = ask(engine, "little/net", rows(1))
        little.open()
        much.through()
        much.through()
        small.outputs()
        assert len(much.batches) <= 3
        much.open()
        large.outputs()


def test_networks_that_both_have_work_get_the_same_time(product):
    """A row of one takes four times as long as a row of the other: it is computed a quarter as often."""
    catalogue = Catalogue({"slow": product, "fast": product}, Settings("cpu"))
    scheduler = Scheduler(Limits(), Batching(rows=1), {}, list)
    for served_model in catalogue.served():
        scheduler.accept(job(scheduler, served_model, 60))
    order = []
    for _ in range(50):
        batch = scheduler.take()
        order.append(batch.queue.bundle.name)
        scheduler.complete(batch, {"slow": 4.0, "fast": 1.0}[order[-1]])
    scheduler.stop()
    assert order.count("slow") == 10
    for part in (order[:25], order[25:]):
        assert part.count("slow") == 5


def test_a_batch_is_no_larger_than_its_time(product):
    catalogue = Catalogue({"b": product}, Settings("cpu"))
    scheduler = Scheduler(Limits(), Batching(seconds=0.25), {}, list)
    found = catalogue.find("net")
    scheduler.measured(found.bundle, found.plan.stages[0], 0.1)
    scheduler.accept(job(scheduler, found, 60))
    batch = scheduler.take()
    assert [part.rows for part in batch.parts] == [2]
    scheduler.complete(batch, 10.0)  # far longer than expected: the next ones are as small as can be
    assert [part.rows for part in scheduler.take().parts] == [1]
    scheduler.stop()


def test_a_network_that_nobody_asked_for_has_saved_no_time(product):
    catalogue = Catalogue({"early": product, "late": product}, Settings("cpu"))
    scheduler = Scheduler(Limits(), Batching(rows=1), {}, list)
    order = []
    scheduler.accept(job(scheduler, catalogue.find("early/net"), 60))
    for turn in range(40):
        if turn == 20:
            scheduler.accept(job(scheduler, catalogue.find("late/net"), 60))
        batch = scheduler.take()
        order.append(batch.queue.bundle.name)
        scheduler.complete(batch, 1.0)
    scheduler.stop()
    assert order[20:].count("early") == 10


def job(scheduler, served_model, number):
    values = rows(number)
    return Job(scheduler, served_model, values, number, (), (), None, 0, time.monotonic() + 1000, "", print, None)


def test_clients_take_turns_however_much_each_asks_for(product):
    with served({"b": product}, max_batch_size=8) as engine:
        gate = gated(engine.catalogue, "b/net")
        ask(engine, "net", rows(1), client="first")
        gate.began()
        many = [ask(engine, "net", rows(8), client="many") for _ in range(20)]
        few = [ask(engine, "net", rows(1), client=f"few {number}") for number in range(3)]
        gate.through()
        gate.began()
        gate.through()
        for answer in few:
            answer.outputs()
        assert not any(answer.there for answer in many[1:])
        gate.open()
        for answer in many:
            answer.outputs()
        assert gate.batches == [1, *[8] * 20, 3]
