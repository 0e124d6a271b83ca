"""The examples of the statement: run them with `pytest`, or in your IDE's debugger."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose
from solution import build_model, report, train

POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=np.float32)


def test_network():
    model = build_model(3)
    assert model(np.zeros((5, 2), np.float32)).shape == (5, 1)
    assert model.count_params() <= 64


def test_seed():
    one, two, other = (np.array(build_model(seed)(POINTS)) for seed in (7, 7, 8))
    assert (one == two).all()
    assert (one != other).any()


def test_report():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.set_weights([np.array([[1.0], [2.0]]), np.array([-1.5])])
    got = report(model)
    assert_allclose(got["loss"], 0.8377451, rtol=1e-5)
    assert got["accuracy"] == 0.5
    assert_allclose(got["probabilities"], [0.1824255, 0.6224593, 0.3775407, 0.8175745], rtol=1e-5)


@pytest.mark.parametrize("seed", [0, 1])
def test_xor(seed):
    model = build_model(seed)
    train(model, seed)
    z = np.array(model(POINTS), dtype=np.float64)[:, 0]
    assert ((z > 0) == [False, True, True, False]).all()
    loss = np.mean(np.logaddexp(0, z) - np.array([0, 1, 1, 0]) * z)
    assert loss < 0.1
    assert_allclose(report(model)["loss"], loss, rtol=1e-4, atol=1e-6)
