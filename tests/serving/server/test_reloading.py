"""A bundle that changed on the disk is served in its new version, without an error in between."""

from __future__ import annotations

import gc
import logging
import shutil
import weakref

import numpy as np
import pytest
from onnx import numpy_helper

from serving.server.refusals import Reason, RefusedError
from serving.server.reloading import Reloader
from serving.server.requests import Request
from tests import handmade
from tests.serving.server.engines import PATIENCE, Answer, ask, gated, served

ONES = {"x": np.ones((1, 4), np.float32)}


def write(place, factor):
    """A bundle that multiplies with other numbers; written anew where there is one."""
    stored = numpy_helper.from_array(factor * handmade.NUMBERS, "w")
    shutil.rmtree(place, ignore_errors=True)
    return handmade.write(place, {"net": handmade.product(stored)})


def product(factor):
    return factor * handmade.NUMBERS.sum(axis=0, keepdims=True)


@pytest.fixture
def place(tmp_path):
    return write(tmp_path / "b", 1)


def test_a_changed_bundle_is_the_next_version_and_the_one_before_finishes_what_it_accepted(place):
    with served({"b": place}) as engine:
        gate = gated(engine.catalogue, "b/net")
        before = [ask(engine, "net", ONES) for _ in range(3)]
        gate.began()
        write(place, 2)
        assert Reloader(engine).look() == ["b"]
        gate.open()
        after = ask(engine, "net", ONES)
        for answer in before:
            np.testing.assert_array_equal(answer.outputs()["y"], product(1))
        np.testing.assert_array_equal(after.outputs()["y"], product(2))
        assert engine.catalogue.find("net", "2").bundle.version == "2"
        with pytest.raises(RefusedError) as refusal:
            engine.catalogue.find("net", "1")
        assert refusal.value.reason is Reason.NOT_FOUND


def test_nothing_of_the_one_before_is_kept(place):
    with served({"b": place}) as engine:
        ask(engine, "net", ONES).outputs()
        session = weakref.ref(engine.catalogue.bundles["b"].opened.sessions.of("net"))
        write(place, 2)
        Reloader(engine).look()
        np.testing.assert_array_equal(ask(engine, "net", ONES).outputs()["y"], product(2))
        gc.collect()
        assert session() is None


def test_a_request_that_found_the_model_before_the_change_is_answered_after_it(place):
    with served({"b": place}) as engine:
        found = engine.catalogue.find("net")
        session = weakref.ref(found.bundle.opened.sessions.of("net"))
        write(place, 2)
        Reloader(engine).look()
        answer = Answer()
        engine.submit(Request(found, ONES), answer)
        np.testing.assert_array_equal(answer.outputs()["y"], product(1))
        del found
        engine.drain(PATIENCE)
        gc.collect()
        assert session() is None


def test_what_did_not_change_is_not_opened_again(place):
    with served({"b": place}) as engine:
        (place / "README.md").write_text("Read me.")
        assert Reloader(engine).look() == []
        assert engine.catalogue.find("net").bundle.version == "1"


def test_a_damaged_bundle_is_refused_once_and_taken_when_it_is_whole(place, caplog):
    caplog.set_level(logging.ERROR)
    with served({"b": place}) as engine:
        reloader = Reloader(engine)
        write(place, 2)
        content = (place / "net.onnx").read_bytes()
        (place / "net.onnx").write_bytes(content[:-1] + b"\0")
        for _ in range(3):
            assert reloader.look() == []
        assert len(caplog.records) == 1
        assert "b stays at version 1" in caplog.text
        np.testing.assert_array_equal(ask(engine, "net", ONES).outputs()["y"], product(1))
        (place / "net.onnx").write_bytes(content)
        (place / "done").write_text("")
        assert reloader.look() == ["b"]
        np.testing.assert_array_equal(ask(engine, "net", ONES).outputs()["y"], product(2))


def test_a_folder_that_is_gone_leaves_what_is_served(place):
    with served({"b": place}) as engine:
        shutil.rmtree(place)
        assert Reloader(engine).look() == []
        np.testing.assert_array_equal(ask(engine, "net", ONES).outputs()["y"], product(1))
