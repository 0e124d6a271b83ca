"""The examples of the statement: run them with `pytest`, or in your IDE's debugger."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from solution import (
    highway_backward,
    highway_bias,
    highway_forward,
    input_gradient_ratio,
    residual_backward,
    residual_forward,
)

X = np.array([[1.0, -2.0]])
BLOCK = {
    "W1": np.array([[1.0, -1.0, 0.0], [0.5, 0.0, -1.0]]),
    "b1": np.array([0.5, 0.0, 0.0]),
    "W2": np.array([[2.0, 0.0], [1.0, 1.0], [0.0, -1.0]]),
    "b2": np.array([0.0, 1.0]),
}
LAYER = {
    "WH": np.zeros((2, 2)),
    "bH": np.array([1.0, -1.0]),
    "WT": np.zeros((2, 2)),
    "bT": np.array([0.0, -2.0]),
}


def test_residual_forward():
    y, _cache = residual_forward(X, **BLOCK)
    assert_allclose(y, [[2.0, -3.0]])


def test_residual_backward():
    _y, cache = residual_forward(X, **BLOCK)
    grads = residual_backward(np.array([[1.0, 10.0]]), cache)
    assert_allclose(grads["dx"], [[3.0, 21.0]])
    assert_allclose(grads["dW1"], [[2.0, 0.0, -10.0], [-4.0, 0.0, 20.0]])
    assert_allclose(grads["db1"], [2.0, 0.0, -10.0])
    assert_allclose(grads["dW2"], [[0.5, 5.0], [0.0, 0.0], [2.0, 20.0]])
    assert_allclose(grads["db2"], [1.0, 10.0])


def test_branch_of_zeros():
    silent = {**BLOCK, "W2": np.zeros((3, 2)), "b2": np.zeros(2)}
    y, cache = residual_forward(X, **silent)
    assert_allclose(y, X)
    assert_allclose(residual_backward(np.array([[1.0, 10.0]]), cache)["dx"], [[1.0, 10.0]])


def test_branch_of_another_width():
    with pytest.raises(ValueError):
        residual_forward(X, BLOCK["W1"], BLOCK["b1"], BLOCK["W2"][:, :1], BLOCK["b2"][:1])


def test_highway_forward():
    y, _cache = highway_forward(X, **LAYER)
    assert_allclose(y, [[0.880797, -1.852378]], atol=1e-6)


def test_highway_backward():
    _y, cache = highway_forward(X, **LAYER)
    grads = highway_backward(np.array([[1.0, 1.0]]), cache)
    assert_allclose(grads["dx"], [[0.5, 0.880797]], atol=1e-6)
    assert_allclose(grads["dWH"], [[0.209987, 0.050062], [-0.419974, -0.100124]], atol=1e-6)
    assert_allclose(grads["dbH"], [0.209987, 0.050062], atol=1e-6)
    assert_allclose(grads["dWT"], [[-0.059601, 0.130025], [0.119203, -0.260049]], atol=1e-6)
    assert_allclose(grads["dbT"], [-0.059601, 0.130025], atol=1e-6)


def test_fresh_gate():
    assert_allclose(highway_bias(3), [-2.0, -2.0, -2.0])


@pytest.mark.parametrize(
    ("kind", "shallow", "deep"),
    [
        ("plain", 0.223586, 7.26503e-06),
        ("residual", 0.854903, 21.5758),
        ("highway", 0.684344, 0.00215000),
    ],
)
def test_gradient_ratio(kind, shallow, deep):
    assert_allclose(input_gradient_ratio(kind, 2, 3, np.random.default_rng(0)), shallow, rtol=1e-5)
    assert_allclose(input_gradient_ratio(kind, 50, 64, np.random.default_rng(0)), deep, rtol=1e-5)
