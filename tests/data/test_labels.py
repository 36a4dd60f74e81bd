"""Labels in all forms that people have them in, and classes that are known by their names."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from keras_gen.data.labels import by_name, class_indices, index_by_name, named_classes
from serving.common.errors import InputError

NAMES = ("ant", "bee", "cat")
FORMS = {
    "integers": np.array([2, 0, 1, 2]),
    "bytes": np.array([2, 0, 1, 2], np.uint8),
    "a column": np.array([[2], [0], [1], [2]]),
    "floats": np.array([2.0, 0.0, 1.0, 2.0]),
    "a list": [2, 0, 1, 2],
    "one-hot": np.eye(3)[[2, 0, 1, 2]],
    "one-hot integers": np.eye(3, dtype=int)[[2, 0, 1, 2]],
    "one-hot booleans": np.eye(3, dtype=bool)[[2, 0, 1, 2]],
    "names": np.array(["cat", "ant", "bee", "cat"]),
    "a column of names": np.array([["cat"], ["ant"], ["bee"], ["cat"]]),
    "names as objects": np.array(["cat", "ant", "bee", "cat"], object),
    "names as bytes": np.array([b"cat", b"ant", b"bee", b"cat"]),
}


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_are_the_same_classes(form):
    found = class_indices("y", FORMS[form], 4, NAMES)
    assert found.dtype == np.int64
    assert found.tolist() == [2, 0, 1, 2]


@pytest.mark.parametrize(
    ("labels", "indices", "classes"),
    [
        ([1, 2, 3, 1], [0, 1, 2, 0], ("1", "2", "3")),
        ([0, 9, 9, 10], [0, 1, 1, 2], ("0", "9", "10")),
        ([0.0, 2.0, 1.0, 2.0], [0, 2, 1, 2], ("0", "1", "2")),
        ([[0, 1, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0], [1, 0, 0, 0]], [1, 3, 1, 0], ("0", "1", "2", "3")),
        (["day", "night", "dawn", "day"], [1, 2, 0, 1], ("dawn", "day", "night")),
        ([True, False, True, True], [1, 0, 1, 1], ("0", "1")),
    ],
)
def test_without_names_classes_are_called_by_their_labels(labels, indices, classes):
    """No class is empty but a column of one-hot rows, which says that there is one."""
    found, names = named_classes("y", labels, 4)
    assert found is not None
    assert (found.tolist(), names) == (indices, classes)


def test_minus_one_everywhere_is_no_labels():
    assert named_classes("y", np.full(4, -1), 4, NAMES) == (None, NAMES)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.arange(3), "one label per picture (4): integers from 0 on, names, or one-hot rows. Received: int64, (3,)."),
        (np.zeros((4, 3, 2)), "Received: float64, (4, 3, 2)."),
        (np.full((4, 3), "ant"), "Received: <U3, (4, 3)."),
        (np.array([None] * 4), "Received: object, (4,)."),
        (np.int64(3), "Received: int64, ()."),
        ([0, -1, 1, 2], "must have labels from 0 on. Received: -1."),
        ([0, 0.5, 1, 2], "must have labels that are integers. Received: 0.5."),
        ([0, np.nan, 1, 2], "must have labels that are integers. Received: nan."),
        ([0, np.inf, 1, 2], "must have labels that are integers. Received: inf."),
        ([1, 2, 3, 1], "must have labels from 0 to 2, one for each class. Received: 1 to 3; subtract 1."),
        ([0, 1, 2, 7], "must have labels from 0 to 2, one for each class. Received: 7."),
        (["ant", "cow", "cat", "ant"], "known classes alone: ant, bee, cat. Received: 'cow'."),
        (np.full((4, 3), 1 / 3), "must hold one-hot rows, a single 1 and zeros. Received: another one for picture 0."),
        (np.eye(5)[:4], "must hold one-hot rows of 3 classes. Received: rows of 5."),
    ],
)
def test_what_is_not_plain_is_named(labels, message):
    with pytest.raises(InputError) as error:
        class_indices("y", labels, 4, NAMES)
    assert str(error.value).startswith("y ")
    assert message in str(error.value)


def test_tables_meet_by_name():
    labels = np.array([0, 1, 1])
    assert by_name("y", labels, ("ant", "cat"), NAMES).tolist() == [0, 2, 2]
    assert by_name("y", labels, ("cat", "ant", "none has this one"), NAMES).tolist() == [2, 0, 0]
    with pytest.raises(InputError, match=r"Received: 'cats'. Did you mean 'cat'\?"):
        by_name("y", labels, ("ant", "cats"), NAMES)


def test_numbers_and_as_many_names_meet_by_their_order_and_it_is_said(caplog):
    with caplog.at_level(logging.INFO):
        assert index_by_name("y", ("0", "1", "2"), NAMES)("1") == 1
        assert index_by_name("y", NAMES, ("0", "1", "2"))("cat") == 2
    assert [record.getMessage() for record in caplog.records] == [
        "the classes of y, 0, 1, 2, are taken for ant, bee, cat by their order: one of the two has no names",
        "the classes of y, ant, bee, cat, are taken for 0, 1, 2 by their order: one of the two has no names",
    ]
    with pytest.raises(InputError, match="Received: '0'"):
        index_by_name("y", ("0", "1"), NAMES)("0")
    assert index_by_name("y", ("2", "1"), ("0", "1", "2"))("2") == 2
