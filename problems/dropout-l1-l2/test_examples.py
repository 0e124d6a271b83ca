"""The examples of the statement: run them with `pytest`, or in your IDE's debugger."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from solution import dropout_backward, dropout_forward, l2_penalty, lasso_ista, soft_threshold

X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def test_dropout_in_training():
    out, mask = dropout_forward(X, 0.2, np.random.default_rng(0))
    assert mask.shape == X.shape
    assert np.all((mask == 0) | np.isclose(mask, 1.25))
    assert_allclose(out, X * mask)


def test_dropout_at_inference():
    out, mask = dropout_forward(X, 0.2, np.random.default_rng(0), training=False)
    assert_array_equal(out, X)
    assert_array_equal(mask, np.ones((2, 3)))


def test_dropout_of_everything():
    with pytest.raises(ValueError):
        dropout_forward(X, 1.0, np.random.default_rng(0))


def test_dropout_backward():
    mask = np.array([[1.25, 0.0, 1.25], [1.25, 1.25, 0.0]])
    dx = dropout_backward(np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]), mask)
    assert_allclose(dx, [[1.25, 0.0, 1.25], [2.5, 2.5, 0.0]])


def test_l2_penalty():
    value, grads = l2_penalty([np.array([[1.0, -2.0], [0.0, 3.0]]), np.array([2.0])], 0.5)
    assert_allclose(value, 4.5)
    assert_allclose(grads[0], [[0.5, -1.0], [0.0, 1.5]])
    assert_allclose(grads[1], [1.0])


def test_soft_threshold():
    assert_allclose(soft_threshold(np.array([3.0, 1.0, 0.5, -0.2, -2.0]), 1.0), [2.0, 0.0, 0.0, 0.0, -1.0])


def test_lasso():
    design = np.array([[2.0, 1.0], [2.0, -1.0], [-2.0, 1.0], [-2.0, -1.0]])
    w = lasso_ista(design, np.array([3.0, 1.0, -1.0, -2.0]), 1.0)
    assert_allclose(w, [0.625, 0.0], atol=1e-9)
    assert w[1] == 0
