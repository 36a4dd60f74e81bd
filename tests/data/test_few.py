from __future__ import annotations

import numpy as np
import pytest

from keras_gen.data import open_source
from serving import InputError


def test_few_pictures_of_each_class_keep_their_labels_and_the_test_split_is_whole():
    every, few = open_source("digits"), open_source("few:23:digits")
    assert few.classes == every.classes
    np.testing.assert_array_equal(np.bincount(few.examples.labels), [3, 3, 3, 2, 2, 2, 2, 2, 2, 2])
    known = {image.tobytes(): label for image, label in zip(every.examples.images, every.examples.labels, strict=True)}
    assert [known[image.tobytes()] for image in few.examples.images] == few.examples.labels.tolist()
    np.testing.assert_array_equal(open_source("few:23:digits").examples.images, few.examples.images)
    test = open_source("digits", split="test")
    np.testing.assert_array_equal(open_source("few:23:digits", split="test").examples.images, test.examples.images)
    assert len(open_source("few:23:digits", split="all")) == 23 + len(test)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("few:0:digits", "at least one of each class (10). Received: 0."),
        ("few:9:digits", "at least one of each class (10). Received: 9."),
        ("few:some:digits", "at least one of each class (10). Received: some."),
        ("few:99999:digits", "must have 10000 pictures of each class. Received: "),
        (
            "few:10:only:3:digits",
            "few:10:only:3:digits must be made of a source with labels. Received: pictures alone.",
        ),
        ("few:10", "the data source must be few:COUNT:SOURCE. Received: nothing after '10'."),
    ],
)
def test_a_number_that_cannot_be_kept_is_named(name, message):
    with pytest.raises(InputError) as error:
        open_source(name)
    assert message in str(error.value)
