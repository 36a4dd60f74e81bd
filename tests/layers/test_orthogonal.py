from __future__ import annotations

import keras
import numpy as np
import pytest

from keras_gen.layers import OffDiagonalOrthogonal
from serving import InputError
from tests.harness import moved


def test_it_is_the_sum_of_the_squared_products_of_different_filters():
    weight = np.random.default_rng(0).standard_normal((3, 3, 4, 5)).astype(np.float32)
    filters = weight.reshape(-1, 5).T
    expected = sum((a @ b) ** 2 for i, a in enumerate(filters) for j, b in enumerate(filters) if i != j)
    assert float(OffDiagonalOrthogonal(0.1)(weight)) == pytest.approx(0.1 * expected, rel=1e-5)


def test_orthogonal_filters_of_any_length_cost_nothing():
    assert float(OffDiagonalOrthogonal(1.0)(np.diag([1.0, 5.0, 0.1]).astype(np.float32))) == 0


def test_a_move_takes_the_filters_apart(tmp_path):
    layer = keras.layers.Dense(4, kernel_regularizer=OffDiagonalOrthogonal(0.1), use_bias=False)
    network = keras.Sequential([keras.Input((6,)), layer])
    network.save(tmp_path / "m.keras")
    network = keras.saving.load_model(tmp_path / "m.keras")
    kernel = network.get_weights()[0]
    x = np.ones((1, 6), np.float32)
    moved(lambda: {"loss": 0.0 * network(x)[:, 0]}, network, keras.optimizers.SGD(0.5))
    # d/dW beta ||W^T W - diag||^2 = 4 beta W (W^T W - diag)
    products = kernel.T @ kernel
    gradient = 4 * 0.1 * kernel @ (products - np.diag(np.diag(products)))
    np.testing.assert_allclose(network.get_weights()[0], kernel - 0.5 * gradient, atol=1e-5)


def test_a_negative_weight_is_refused():
    with pytest.raises(InputError, match="`beta` must be at least 0. Received: -1"):
        OffDiagonalOrthogonal(-1)
