from __future__ import annotations

import numpy as np
import pytest

from keras_gen.data import Examples, Source
from keras_gen.metrics import class_translation
from keras_gen.metrics.class_translation import evaluate_class_translation
from serving import InputError
from serving.common.images import to_float

STYLES = ("dark", "light")


class Reader:
    """Reads the label off a picture's first pixel, and the style off its second: 100 for each."""

    def __init__(self, pixel):
        self.pixel = pixel

    def predict(self, images):
        return np.eye(3)[images[:, 0, self.pixel, 0] // 100]


def source(classes, labels):
    """Pictures of the labels 0, 1, 2, 0, 1, ... in the styles 0, 1, 0, 1, ..."""
    images = np.zeros((12, 8, 8, 1), np.uint8)
    images[:, 0, 0, 0], images[:, 0, 1, 0] = 100 * (np.arange(12) % 3), 100 * (np.arange(12) % 2)
    return Source("made", "test", Examples(images, labels, classes))


@pytest.fixture
def read(monkeypatch):
    def classifier(train, test):
        return Reader(1 if train.classes == STYLES else 0), 1.0

    monkeypatch.setattr(class_translation, "cached_classifier", classifier)


def restyled(images, label):
    """Right but for the first quarter, whose style stays, and pictures to `light`, which lose what they show."""
    made = images.copy()
    made[3:, 0, 1] = to_float(np.array(100 * label, np.uint8))
    if label == 1:
        made[:, 0, 0] = -1
    return made


def test_the_share_taken_for_the_class_that_was_asked_for(read):
    data = source(STYLES, np.arange(12) % 2)
    figures = evaluate_class_translation(restyled, STYLES, data, data, ["domains"])
    # Of the first three, two are dark and one is light already.
    assert {figure.name: (figure.value, figure.count) for figure in figures} == {
        "taken_for_target": (pytest.approx(21 / 24), 24),
        "to_dark_taken_for_target": (pytest.approx(11 / 12), 12),
        "to_light_taken_for_target": (pytest.approx(10 / 12), 12),
    }


def test_the_share_that_shows_the_same(read):
    data = source(("0", "1", "2"), np.arange(12) % 3)
    shown = []
    figures = evaluate_class_translation(restyled, STYLES, data, data, ["labels"], show=shown.append)
    assert {figure.name: figure.value for figure in figures} == {
        "labels_kept": pytest.approx(16 / 24),
        "to_dark_labels_kept": 1.0,
        "to_light_labels_kept": pytest.approx(4 / 12),
    }
    assert list(shown[0].columns) == ["input", "to dark", "to light"]


@pytest.mark.parametrize(
    ("classes", "metrics", "message"),
    [
        (
            STYLES,
            [],
            "--metrics must be one of labels, domains for a model that translates to a class. Received: none.",
        ),
        (STYLES, ["labels"], "must have data with other labels than the classes that the model translates to"),
        (("red", "green"), ["domains"], "red"),
    ],
)
def test_data_that_cannot_be_measured_on_is_named(read, classes, metrics, message):
    data = source(classes, np.arange(12) % 2)
    with pytest.raises(InputError, match=message):
        evaluate_class_translation(restyled, STYLES, data, data, metrics)
