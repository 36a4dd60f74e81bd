from __future__ import annotations

import threading

import pytest

from serving.common.background import Finisher, ahead_of, mapped


def test_results_come_in_order_and_not_far_ahead():
    begun = []

    def double(number):
        begun.append(number)
        return 2 * number

    results = mapped(double, range(50), threads=3, ahead=4)
    for expected in range(50):
        assert next(results) == 2 * expected
        assert len(begun) <= expected + 6
    assert list(results) == []


def test_an_iteration_runs_ahead_and_raises_in_its_place():
    def numbers():
        yield from range(5)
        raise ValueError("after five")

    made = ahead_of(numbers(), 2)
    assert [next(made) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="after five"):
        next(made)


def test_who_stops_taking_stops_the_making():
    made = []

    def numbers():
        for number in range(1000):
            made.append(number)
            yield number

    before = threading.active_count()
    items = ahead_of(numbers(), 2)
    assert [next(items) for _ in range(4)] == [0, 1, 2, 3]
    items.close()
    assert len(made) < 20
    assert threading.active_count() == before


def test_calls_are_finished_in_order_and_raise_at_the_end():
    done = []
    with Finisher(1, 3) as finish:
        for number in range(20):
            finish(done.append, number)
    assert done == list(range(20))

    def fail():
        raise ValueError("in a thread")

    with pytest.raises(ValueError, match="in a thread"), Finisher(2, 8) as finish:
        finish(fail)
