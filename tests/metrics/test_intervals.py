from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from keras_gen.metrics import over_draws
from keras_gen.metrics.figure import Figure
from serving import InputError


def test_the_mean_comes_with_student_s_interval():
    values = np.array([3.1, 2.7, 3.3, 3.0])
    draws = [
        [Figure("one", value, "nats", "data", 7, {"seed": 0}), Figure("two", 5.0, "", "data", 7)] for value in values
    ]
    one, two = over_draws(draws)
    interval = ttest_1samp(values, 0).confidence_interval(0.95)
    assert one.value == pytest.approx(values.mean())
    assert one.settings == {
        "seed": 0,
        "draws": 4,
        "95 % interval": pytest.approx([interval.low, interval.high], rel=1e-4),
    }
    assert (two.value, two.settings["95 % interval"]) == (5.0, [5.0, 5.0])
    with pytest.raises(InputError, match="at least 2 draws. Received: 1"):
        over_draws(draws[:1])
