"""The examples of the statement: run them with `pytest`, or in your IDE's debugger."""

import numpy as np
from numpy.testing import assert_allclose
from solution import backward, forward, init_params, loss_and_grads, sgd_step

PARAMS = {
    "W1": np.array([[1.0, -1.0], [0.5, 2.0]]),
    "b1": np.array([0.0, 1.0]),
    "W2": np.array([[1.0, 0.0, -1.0], [0.5, 1.0, 0.0]]),
    "b2": np.zeros(3),
}


def test_shapes_of_the_parameters():
    params = init_params(4, 5, 3, np.random.default_rng(0))
    assert {key: value.shape for key, value in params.items()} == {
        "W1": (4, 5),
        "b1": (5,),
        "W2": (5, 3),
        "b2": (3,),
    }


def test_both_units_are_off():
    logits, cache = forward(PARAMS, np.array([[1.0, -2.0]]))
    assert_allclose(logits, np.zeros((1, 3)))
    grads = backward(PARAMS, cache, np.array([[1 / 3, 1 / 3, -2 / 3]]))
    assert_allclose(grads["b2"], [1 / 3, 1 / 3, -2 / 3])
    assert_allclose(grads["W1"], np.zeros((2, 2)))


def test_one_unit_is_on():
    loss, grads = loss_and_grads(PARAMS, np.array([[2.0, 0.0]]), np.array([2]))
    assert_allclose(loss, 4.142931, rtol=1e-6)
    assert_allclose(grads["W2"], [[1.733627, 0.234621, -1.968248], [0.0, 0.0, 0.0]], rtol=1e-6, atol=1e-9)
    assert_allclose(grads["b2"], [0.866813, 0.117310, -0.984124], rtol=1e-5)
    assert_allclose(grads["W1"], [[3.701874, 0.0], [0.0, 0.0]], rtol=1e-6, atol=1e-9)
    assert_allclose(grads["b1"], [1.850937, 0.0], rtol=1e-6, atol=1e-9)


def test_a_step_goes_downhill():
    x, y = np.array([[2.0, 0.0]]), np.array([2])
    loss, grads = loss_and_grads(PARAMS, x, y)
    after, _ = loss_and_grads(sgd_step(PARAMS, grads, 0.1), x, y)
    assert after < loss
