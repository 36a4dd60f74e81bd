"""Many threads at once: every request is answered once, at most once where it was cancelled, with its own."""

from __future__ import annotations

import random
import threading
import time

import numpy as np
import pytest
from onnx import TensorProto

from serving.server.limits import Limits
from serving.server.refusals import Reason, RefusedError
from serving.server.requests import Request, Result
from tests.serving.languages import toys
from tests.serving.server.engines import PATIENCE, Answer, served

THREADS, EACH = 6, 150
WRONG = 99


def doubling():
    """y = 2 x, for 0 <= x < 99, looked up in a table: 99 makes ONNX Runtime fail."""
    return toys.model(
        [("Gather", ["table", "x"], ["y"])],
        {"x": (TensorProto.INT64, ["n", 1])},
        {"y": (TensorProto.FLOAT, ["n", 1])},
        {"table": 2 * np.arange(WRONG, dtype=np.float32)},
    )


class Counting(Answer):
    def __init__(self, numbers):
        super().__init__()
        self.numbers, self.cancelled, self.ticket = numbers, False, None


def asking(engine, seed, asked):
    """A client: requests of many sizes, some of them wrong, some cancelled, some with hardly any time."""
    chance = random.Random(seed)
    served_model = engine.catalogue.find("net")
    for _ in range(EACH):
        numbers = [chance.randrange(WRONG) for _ in range(chance.choice([1, 1, 1, 3, 20]))]
        if chance.random() < 0.05:
            numbers[chance.randrange(len(numbers))] = WRONG
        deadline = time.monotonic() + chance.choice([0.002, 30.0, 30.0, 30.0])
        answer = Counting(numbers)
        request = Request(served_model, {"x": np.array(numbers)[:, None]}, (), deadline, f"client {seed % 3}")
        try:
            answer.ticket = engine.submit(request, answer)
        except RefusedError as refusal:
            assert refusal.reason in (Reason.FULL, Reason.LATE, Reason.STOPPING)
            continue
        asked.append(answer)
        if chance.random() < 0.2:
            answer.cancelled = True
            answer.ticket.cancel()


@pytest.mark.parametrize("seed", range(3))
def test_no_answer_is_lost_or_given_twice(tmp_path, caplog, seed):
    place = toys.write(tmp_path / "b", {"net": doubling()})
    limits = Limits(queued_rows=600)
    with served({"b": place}, 3, limits, max_batch_size=8) as engine:
        asked: list[list[Counting]] = [[] for _ in range(THREADS)]
        threads = [
            threading.Thread(target=asking, args=(engine, THREADS * seed + number, asked[number]))
            for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        if seed == 2:  # amid the requests
            threads[0].join()
        else:
            for thread in threads:
                thread.join()
        assert engine.drain(PATIENCE)
        for thread in threads:
            thread.join()
        answers = [answer for each in asked for answer in each]
        assert any(isinstance(outcome, Result) for answer in answers for outcome in answer.outcomes)
        for answer in answers:
            check(answer)
        assert engine.pending() == {}


def check(answer):
    if answer.cancelled and not answer.outcomes:
        return
    (outcome,) = answer.outcomes
    if isinstance(outcome, Result):
        np.testing.assert_array_equal(outcome.outputs["y"][:, 0], 2 * np.array(answer.numbers))
    elif outcome.reason is Reason.FAILED:
        assert WRONG in answer.numbers
    else:
        assert outcome.reason is Reason.LATE
