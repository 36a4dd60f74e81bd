from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from keras_gen.layers import AffineCoupling
from serving import InputError


def coupling(second):
    """With weights as after a training."""
    layer = AffineCoupling(5, 8, second, seed=1)
    rng = np.random.default_rng(0)
    layer.network.set_weights([0.3 * rng.standard_normal(weight.shape) for weight in layer.network.get_weights()])
    return layer


@pytest.mark.parametrize("second", [False, True])
def test_it_is_undone_and_knows_how_much_that_stretches(second):
    layer, inputs = coupling(second), tf.constant(np.random.default_rng(1).standard_normal((3, 5)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
    jacobian = tape.batch_jacobian(outputs, inputs).numpy()
    back, log_stretch = layer.undone(outputs)
    np.testing.assert_allclose(back, inputs, atol=1e-5)
    np.testing.assert_allclose(log_stretch, -np.linalg.slogdet(jacobian)[1], atol=1e-5)
    kept = slice(0, 2) if second else slice(2, 5)
    np.testing.assert_array_equal(np.asarray(outputs)[:, kept], inputs.numpy()[:, kept])


def test_it_begins_as_the_identity():
    inputs = np.ones((2, 4), np.float32)
    np.testing.assert_array_equal(AffineCoupling(4, 3, True)(inputs), inputs)


def test_a_single_number_has_no_halves():
    with pytest.raises(InputError, match="`size` must be at least 2"):
        AffineCoupling(1, 3, True)
