"""What waits is bounded, by rows, bytes and time, and a place is free at once when nobody waits any more."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from serving.server.limits import Limits
from serving.server.refusals import Reason, RefusedError
from tests import handmade
from tests.serving.server.engines import ask, gated, served


def rows(*numbers):
    return {"x": np.repeat(np.array(numbers, np.float32)[:, None], 4, axis=1)}


ROW_BYTES = 4 * 4 + 3 * 4


@pytest.fixture(scope="module")
def product(tmp_path_factory):
    return handmade.write(tmp_path_factory.mktemp("product") / "b", {"net": handmade.product(handmade.inside())})


def refused(engine, inputs, **options):
    with pytest.raises(RefusedError) as refusal:
        ask(engine, "net", inputs, **options)
    return refusal.value


def test_a_full_queue_refuses_and_says_when_to_come_again(product):
    with served({"b": product}, limits=Limits(queued_rows=10)) as engine:
        gate = gated(engine.catalogue, "b/net")
        ask(engine, "net", rows(0))
        gate.began()
        waiting = [ask(engine, "net", rows(*range(5)), client=client) for client in "ab"]
        refusal = refused(engine, rows(1), client="c")
        assert refusal.reason is Reason.FULL
        assert 0 < refusal.retry_after < 60
        gate.open()
        for answer in waiting:
            answer.outputs()
        ask(engine, "net", rows(1), client="c").outputs()


def test_one_client_cannot_take_the_places_of_all(product):
    with served({"b": product}, limits=Limits(queued_rows=10)) as engine:
        gate = gated(engine.catalogue, "b/net")
        ask(engine, "net", rows(0))
        gate.began()
        ask(engine, "net", rows(*range(5)), client="greedy")
        assert refused(engine, rows(1), client="greedy").reason is Reason.FULL
        other = ask(engine, "net", rows(7), client="other")
        gate.open()
        other.outputs()


def test_what_inputs_and_outputs_take_is_bounded_until_they_are_answered(product):
    with served({"b": product}, limits=Limits(queued_bytes=10 * ROW_BYTES)) as engine:
        gate = gated(engine.catalogue, "b/net")
        running = ask(engine, "net", rows(*range(6)), client="a")
        gate.began()
        assert refused(engine, rows(*range(5)), client="b").reason is Reason.FULL
        fits = ask(engine, "net", rows(*range(4)), client="b")
        assert refused(engine, rows(1), client="c").reason is Reason.FULL
        gate.open()
        running.outputs()
        fits.outputs()
        ask(engine, "net", rows(*range(50))).outputs()  # larger than all, but alone


def test_a_request_that_would_wait_beyond_its_deadline_is_refused_at_once(product):
    """Rows of this network take as long as the gate is closed, which is seen when the first are through."""
    with served({"b": product}, limits=Limits(seconds=1e6)) as engine:
        gate = gated(engine.catalogue, "b/net")
        slow = ask(engine, "net", rows(1))
        gate.began()
        began = time.monotonic()
        while time.monotonic() - began < 0.1:
            pass
        gate.through()
        slow.outputs()
        ask(engine, "net", rows(2))
        gate.began()
        ask(engine, "net", rows(*range(1000)), client="many")
        refusal = refused(engine, rows(3), client="other", deadline=time.monotonic() + 0.5)
        assert refusal.reason is Reason.FULL
        assert refusal.retry_after > 0.5
        patient = ask(engine, "net", rows(3), client="other", deadline=time.monotonic() + 1e6)
        gate.open()
        patient.outputs()


def test_a_deadline_that_is_over_is_told_while_the_worker_is_busy_and_frees_the_place(product):
    with served({"b": product}, limits=Limits(queued_rows=10)) as engine:
        gate = gated(engine.catalogue, "b/net")
        running = ask(engine, "net", rows(0), deadline=time.monotonic() + 0.3)
        gate.began()
        waiting = ask(engine, "net", rows(*range(10)), deadline=time.monotonic() + 0.3)
        assert waiting.reason() is Reason.LATE
        assert running.reason() is Reason.LATE
        others = [ask(engine, "net", rows(*range(5)), client=client) for client in "ab"]
        gate.open()
        for answer in others:
            answer.outputs()
        assert sum(gate.batches) == 11  # nothing was computed for those that are late, but what had begun
        assert running.outcomes == [running.outcome()]


def test_a_deadline_in_the_past_is_late_without_waiting(product):
    with served({"b": product}) as engine:
        assert refused(engine, rows(0), deadline=time.monotonic() - 1).reason is Reason.LATE


def test_the_servers_own_limit_holds_where_a_request_has_none_or_a_later_one(product):
    with served({"b": product}, limits=Limits(seconds=0.3)) as engine:
        gate = gated(engine.catalogue, "b/net")
        answers = [ask(engine, "net", rows(0)), ask(engine, "net", rows(0), deadline=time.monotonic() + 1000)]
        assert [answer.reason() for answer in answers] == [Reason.LATE] * 2
        gate.open()


def test_a_cancelled_request_frees_its_place_at_once_and_is_not_answered(product):
    with served({"b": product}, limits=Limits(queued_rows=10)) as engine:
        gate = gated(engine.catalogue, "b/net")
        running = ask(engine, "net", rows(0))
        gate.began()
        waiting = ask(engine, "net", rows(*range(10)))
        assert refused(engine, rows(1), client="b").reason is Reason.FULL
        waiting.ticket.cancel()
        other = ask(engine, "net", rows(1), client="b")
        running.ticket.cancel()
        running.ticket.cancel()
        gate.open()
        other.outputs()
        assert sum(gate.batches) == 2
        assert engine.drain(10.0)
        assert waiting.outcomes == running.outcomes == []


def test_the_rest_of_a_cancelled_request_is_not_computed(product):
    with served({"b": product}, max_batch_size=4) as engine:
        gate = gated(engine.catalogue, "b/net")
        large = ask(engine, "net", rows(*range(100)))
        gate.began()
        large.ticket.cancel()
        gate.open()
        ask(engine, "net", rows(1)).outputs()
        assert sum(gate.batches) == 5


def test_draining_answers_what_was_accepted_and_refuses_the_rest(product):
    with served({"b": product}, max_batch_size=2) as engine:
        gate = gated(engine.catalogue, "b/net")
        accepted = [ask(engine, "net", rows(*range(5)), client=client) for client in "abc"]
        gate.began()
        drained = []
        thread = threading.Thread(target=lambda: drained.append(engine.drain(20.0)))
        thread.start()
        while engine.ready:
            pass
        while True:  # draining closes the door a moment after it says so
            try:
                accepted.append(ask(engine, "net", rows(1)))
            except RefusedError as refusal:
                assert refusal.reason is Reason.STOPPING
                break
        gate.open()
        thread.join()
        assert drained == [True]
        for answer in accepted:
            answer.outputs()


def test_draining_ends_in_its_time_and_refuses_what_is_left(product):
    with served({"b": product}) as engine:
        gate = gated(engine.catalogue, "b/net")
        answers = [ask(engine, "net", rows(number)) for number in range(3)]
        gate.began()
        assert not engine.drain(0.01)
        assert [answer.reason() for answer in answers] == [Reason.STOPPING] * 3
        gate.open()


def test_pending_counts_what_is_not_answered(product):
    with served({"b": product}) as engine:
        gate = gated(engine.catalogue, "b/net")
        answers = [ask(engine, "net", rows(number)) for number in range(3)]
        gate.began()
        assert engine.pending() == {engine.catalogue.find("net"): 3}
        gate.open()
        for answer in answers:
            answer.outputs()
        assert engine.pending() == {}
