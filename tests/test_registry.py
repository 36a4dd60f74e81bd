from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import pytest

from keras_gen.registry import Choice, Registry, choices_of, import_own, is_own
from serving import InputError

SHAPES = Registry("shape", {"square": 4, "triangle": 3})
ShapeName = Annotated[str, SHAPES]


def test_entries_are_those_of_the_package_and_then_those_that_were_registered():
    registry = Registry("shape", {"square": 4, "triangle": 3}, kind=int)
    assert registry.register("pentagon", 5) == 5
    assert registry.register("pentagon", 5) == 5, "the same entry once more does no harm"
    assert list(registry.items()) == [("square", 4), ("triangle", 3), ("pentagon", 5)]
    assert registry.find("pentagon") == 5
    with pytest.raises(InputError, match="`shape` 'square' must be registered once. Received: a second entry."):
        registry.register("square", 5)
    assert registry["square"] == 4


@pytest.mark.parametrize(
    ("kind", "entry", "message"),
    [
        (int, "five", "`shape` 'own' must be an instance of int. Received: a value of the type str."),
        (int, int, "must be an instance of int. Received: the class int."),
        (Callable, 5, "must be an instance of Callable. Received: a value of the type int."),
        (type[ValueError], KeyError, "must be a subclass of ValueError. Received: the class KeyError."),
        (type[ValueError], ValueError(), "must be a subclass of ValueError. Received: a value of the type ValueError."),
    ],
)
def test_an_entry_of_another_kind_is_refused(kind, entry, message):
    registry = Registry("shape", kind=kind)
    with pytest.raises(InputError, match=message):
        registry.register("own", entry)
    assert not registry


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["squre"], "`shape` must be one of square, triangle. Received: 'squre'. Did you mean 'square'?"),
        (["squre", "--shape"], "--shape must be one of square, triangle. Received: squre. Did you mean 'square'?"),
        (["squre", "--shape", True], "--shape must be one of square, triangle or null. Received: squre. Did"),
        ([None], "`shape` must be one of square, triangle. Received: None."),
        ([["square"]], "Received: ['square']."),
        (
            ["shapes:STAR"],
            "Received: 'shapes:STAR'. Code outside of the package must be registered first: import 'shapes'",
        ),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(arguments, message):
    with pytest.raises(InputError) as error:
        SHAPES.find(*arguments)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_looking_up_imports_nothing(tmp_path, monkeypatch):
    (tmp_path / "looked_up.py").write_text("STAR = 10\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError, match="import 'looked_up'"):
        SHAPES.find("looked_up:STAR")
    assert "looked_up" not in sys.modules


def test_an_argument_says_what_it_chooses_from():
    def paint(
        shape: ShapeName, others: Sequence[ShapeName] = (), frame: ShapeName | None = None, size: int = 1
    ) -> None:
        raise NotImplementedError

    @dataclass
    class Picture:
        weights: Annotated[dict[str, float] | str | None, SHAPES] = None

    assert choices_of(paint) == {
        "shape": Choice(SHAPES, False),
        "others": Choice(SHAPES, False),
        "frame": Choice(SHAPES, True),
    }
    assert choices_of(Picture) == {"weights": Choice(SHAPES, True)}


def test_registries_with_the_same_entries_are_different_ones():
    assert Registry("shape", dict(SHAPES)) != SHAPES
    assert {SHAPES: "itself"}[SHAPES] == "itself"


def test_annotations_that_cannot_be_evaluated_are_named():
    def paint(shape: Missing) -> None:  # noqa: F821
        raise NotImplementedError

    with pytest.raises(InputError, match="annotations of .*paint must name what its module imports. .*'Missing'"):
        choices_of(paint)


@pytest.mark.parametrize(
    ("name", "own"),
    [("my_module:Model", True), ("a.b.c:d", True), ("hinge", False), ("a:", False), (":b", False), ("a-b:c", False)],
)
def test_own_code_is_written_as_module_and_name(name, own):
    assert is_own(name) is own


def test_own_code_is_found_in_the_current_folder(tmp_path, monkeypatch):
    (tmp_path / "in_this_folder.py").write_text("STAR = 10\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert import_own("in_this_folder:STAR", "shape") == 10


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("STAR", "`shape` must be module:name, as in my_module:MyModel. Received: 'STAR'."),
        ("not_there:STAR", "must name a module that can be imported. Received: ModuleNotFoundError: No module named"),
        ("broken_shapes:STAR", "that can be imported. Received: ZeroDivisionError: division by zero."),
        (
            "some_shapes:STER",
            "`shape` must name something in some_shapes. Received: 'some_shapes:STER'. Did you mean 'STAR'",
        ),
    ],
)
def test_own_code_that_cannot_be_had_is_one_line(tmp_path, monkeypatch, name, message):
    (tmp_path / "broken_shapes.py").write_text("1 / 0\n")
    (tmp_path / "some_shapes.py").write_text("STAR = 10\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(InputError) as error:
        import_own(name, "shape")
    assert message in str(error.value)
    assert "\n" not in str(error.value)
