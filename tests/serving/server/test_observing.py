"""An observer is told of every request and every batch."""

from __future__ import annotations

import numpy as np
import pytest

from serving.server.limits import Limits
from serving.server.observing import Observer
from serving.server.refusals import Reason, RefusedError
from tests import handmade
from tests.serving.languages import toys
from tests.serving.server.engines import ask, gated, served


class Noting(Observer):
    def __init__(self):
        self.batches, self.requests, self.refusals = [], [], []

    def computed(self, bundle, network, rows, requests, seconds):
        assert seconds > 0
        self.batches.append((bundle.name, network, rows, requests))

    def answered(self, served, rows, timing):
        assert timing.queued >= 0 < timing.computed
        self.requests.append((served.name, served.bundle.version, rows, timing.rows))

    def refused(self, served, reason):
        self.refusals.append((served.name, reason))


def rows(number):
    return {"x": np.zeros((number, 4), np.float32)}


def test_requests_batches_and_refusals_are_told(tmp_path):
    place = handmade.write(tmp_path / "b", {"net": handmade.product(handmade.inside())})
    noting = Noting()
    with served({"b": place}, limits=Limits(queued_rows=4), observer=noting) as engine:
        gate = gated(engine.catalogue, "b/net")
        ask(engine, "net", rows(1))
        gate.began()
        ask(engine, "net", rows(2), client="a")
        ask(engine, "net", rows(2), client="b")
        for number, error in ((1, Reason.FULL), (0, Reason.INVALID)):
            with pytest.raises(RefusedError) as refusal:
                ask(engine, "net", rows(number))
            assert refusal.value.reason is error
        gate.open()
    assert noting.batches == [("b", "net", 1, 1), ("b", "net", 4, 2)]
    assert noting.requests == [("b/net", "1", 1, 1), ("b/net", "1", 2, 4), ("b/net", "1", 2, 4)]
    assert noting.refusals == [("b/net", Reason.FULL), ("b/net", Reason.INVALID)]


def test_both_networks_of_an_ensemble_are_told_and_one_request(tmp_path):
    noting = Noting()
    with served({"toy": toys.plain(tmp_path / "b")}, observer=noting) as engine:
        inputs = {"image": toys.expected([1, 2], 0, [0, 0]), "label": np.zeros((2, 1), np.int64)}
        ask(engine, "reconstruct", inputs).outputs()
    assert noting.batches == [("toy", "encoder", 2, 1), ("toy", "decoder", 2, 1)]
    assert noting.requests == [("toy/reconstruct", "1", 2, 2)]


def test_an_observer_that_raises_stops_nobody(tmp_path, caplog):
    class Raising(Observer):
        def computed(self, *about):
            raise RuntimeError("counted wrongly")

        def answered(self, *about):
            raise RuntimeError("counted wrongly")

    place = handmade.write(tmp_path / "b", {"net": handmade.product(handmade.inside())})
    with served({"b": place}, observer=Raising()) as engine:
        for _ in range(2):
            assert ask(engine, "net", rows(1)).outputs()["y"].shape == (1, 3)
    assert "counted wrongly" in caplog.text
