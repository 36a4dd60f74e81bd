"""What goes wrong is the matter of the request that is the reason, and of none beside it."""

from __future__ import annotations

import logging
import threading

import numpy as np
import pytest
from onnx import TensorProto

from serving import Settings
from serving.common.errors import InputError
from serving.server.catalogue import Catalogue
from serving.server.engine import Engine
from serving.server.limits import Limits
from serving.server.refusals import Reason, RefusedError
from serving.server.requests import Work
from tests import handmade, translators
from tests.serving.languages import toys
from tests.serving.server.engines import Answer, ask, gated, served


def picking():
    """y = table[x]: a network that fails for an index that its manifest does not know to be wrong."""
    return toys.model(
        [("Gather", ["table", "x"], ["y"])],
        {"x": (TensorProto.INT64, ["n", 1])},
        {"y": (TensorProto.FLOAT, ["n", 1])},
        {"table": np.array([10, 20, 30], np.float32)},
    )


def first_row():
    """A network that says that it has a row for each, and makes one alone."""
    return toys.model(
        [("Slice", ["x", "begin", "end"], ["y"])],
        {"x": (TensorProto.FLOAT, ["n", 4])},
        {"y": (TensorProto.FLOAT, ["n", 4])},
        {"begin": np.array([0]), "end": np.array([1])},
    )


def index(number):
    return {"x": np.array([[number]])}


def test_only_the_guilty_one_fails(tmp_path, caplog):
    with served({"b": toys.write(tmp_path / "b", {"net": picking()})}) as engine:
        gate = gated(engine.catalogue, "b/net")
        ask(engine, "net", index(0))
        gate.began()
        answers = [ask(engine, "net", index(number), client=str(number)) for number in (1, 99, 2)]
        gate.open()
        assert answers[0].outputs()["y"] == [[20]]
        assert answers[2].outputs()["y"] == [[30]]
        refusal = answers[1].outcome()
        assert refusal.reason is Reason.FAILED
        assert "99" not in refusal.message  # what ONNX Runtime says is for the log
        assert gate.batches == [1, 3, 1, 1, 1]
        assert "b/net could not be computed" in caplog.text
        assert ask(engine, "net", index(1)).outputs()["y"] == [[20]]


def test_the_rest_of_a_request_that_failed_is_not_computed(tmp_path, caplog):
    with served({"b": toys.write(tmp_path / "b", {"net": picking()})}, max_batch_size=2) as engine:
        gate = gated(engine.catalogue, "b/net")
        large = ask(engine, "net", {"x": np.array([99, *[0] * 50])[:, None]})
        gate.open()
        assert large.reason() is Reason.FAILED
        ask(engine, "net", index(1)).outputs()
        assert sum(gate.batches) == 3


def test_a_network_that_makes_fewer_rows_than_it_takes_gives_nobody_those_of_another(tmp_path, caplog):
    with served({"b": toys.write(tmp_path / "b", {"net": first_row()})}) as engine:
        gate = gated(engine.catalogue, "b/net")
        one = ask(engine, "net", {"x": np.zeros((1, 4), np.float32)})
        gate.began()
        two = [ask(engine, "net", {"x": np.full((rows, 4), rows, np.float32)}, client=str(rows)) for rows in (1, 2)]
        gate.open()
        np.testing.assert_array_equal(one.outputs()["y"], np.zeros((1, 4)))
        np.testing.assert_array_equal(two[0].outputs()["y"], np.ones((1, 4)))
        assert two[1].reason() is Reason.FAILED


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    return translators.write_bundles(tmp_path_factory.mktemp("translators"))


def run(engine, name, call, **options):
    answer = Answer()
    answer.ticket = engine.run(Work(engine.catalogue.find(name), call, **options), answer)
    return answer


def test_a_call_of_the_library_is_answered_with_what_it_gives(bundles):
    picture = translators.noise(37, 41)
    with served({"t": bundles["inverting"]}) as engine:
        made = run(engine, "a_to_b", lambda opened: opened.translate(picture[None])[0]).outcome()
        np.testing.assert_array_equal(made.value, 255 - picture)
        assert made.timing.computed > 0


def test_a_mistake_that_the_library_names_is_the_clients_and_says_no_path(bundles):
    with served({"t": bundles["both"]}) as engine:
        refusal = run(engine, "a_to_b", lambda opened: opened.translate(translators.noise(8, 8)[None], "c")).outcome()
        assert refusal.reason is Reason.INVALID
        assert refusal.message == "t translates to a or b. Received: 'c'."


def refuse(opened):
    raise RefusedError(Reason.TOO_LARGE, "so large")


def fail(opened):
    raise RuntimeError("inside")


@pytest.mark.parametrize(("call", "reason"), [(refuse, Reason.TOO_LARGE), (fail, Reason.FAILED)])
def test_a_call_that_raises_is_answered_and_the_worker_goes_on(bundles, call, reason, caplog):
    caplog.set_level(logging.ERROR)
    with served({"t": bundles["inverting"]}) as engine:
        refusal = run(engine, "a_to_b", call).outcome()
        assert refusal.reason is reason
        assert "inside" not in refusal.message
        assert run(engine, "a_to_b", lambda opened: 3).outcome().value == 3


def small(number):
    return {"image": np.full((1, 8, 8, 3), number, np.uint8)}


def test_others_are_computed_between_the_tiles_of_a_large_picture(bundles):
    """One worker, which comes to the small requests at every tile and not after the last one."""
    picture = translators.noise(32, 48)
    with served({"t": bundles["fixed"], "p": bundles["inverting"]}) as engine:
        gate = gated(engine.catalogue, "p/a_to_b")
        small_ones, order = [], []

        def translate(opened):
            small_ones.append(ask(engine, "p/a_to_b", small(7)))
            made = opened.translate(picture[None])[0]
            order.append(small_ones[0].there)
            return made

        gate.open()
        large = run(engine, "t/a_to_b", translate, rows=8.0)
        np.testing.assert_array_equal(large.outcome().value, 255 - picture)
        assert order == [True]
        assert small_ones[0].outputs()["translation"].max() == 248


def test_a_cancelled_call_ends_at_its_next_tile(bundles):
    picture = translators.noise(32, 48)
    with served({"t": bundles["fixed"]}) as engine:
        reached = []

        def translate(opened):
            large.ticket_there.wait(20)
            large.ticket.cancel()
            opened.translate(picture[None])
            reached.append(True)

        large = Answer()
        large.ticket_there = threading.Event()
        large.ticket = engine.run(Work(engine.catalogue.find("a_to_b"), translate), large)
        large.ticket_there.set()
        assert run(engine, "a_to_b", lambda opened: 3).outcome().value == 3
        assert reached == []
        assert large.outcomes == []


def test_a_call_takes_places_of_the_queue(bundles):
    with served({"t": bundles["fixed"]}, limits=Limits(queued_rows=10)) as engine:
        until, began = threading.Event(), threading.Event()
        running = run(engine, "a_to_b", lambda opened: (began.set(), until.wait(20)), rows=100.0)
        began.wait(20)
        waiting = run(engine, "a_to_b", lambda opened: 1, rows=9.5, client="a")
        with pytest.raises(RefusedError) as refusal:
            run(engine, "a_to_b", lambda opened: 1, client="b")
        assert refusal.value.reason is Reason.FULL
        until.set()
        running.outcome()
        assert waiting.outcome().value == 1


def test_input_errors_of_the_warm_up_are_the_engines(tmp_path):
    """A network whose file is not what the manifest says: the server never gets ready, and says why."""
    place = handmade.write(tmp_path / "b", {"net": handmade.product(handmade.inside())})
    content = bytearray((place / "net.onnx").read_bytes())
    content[-1] ^= 1
    (place / "net.onnx").write_bytes(content)
    engine = Engine(Catalogue({"b": place}, Settings("cpu")), Limits(), 1)
    with pytest.raises(InputError, match="SHA-256"):
        engine.wait_until_ready(20)
    assert not engine.ready
    with pytest.raises(RefusedError) as refusal:
        ask(engine, "net", {"x": np.zeros((1, 4), np.float32)})
    assert refusal.value.reason is Reason.STOPPING
