"""The examples of the statement: run them with `pytest`, or in your IDE's debugger."""

import numpy as np
from numpy.testing import assert_allclose
from solution import conv2d_backward, conv2d_forward, maxpool2d_backward, maxpool2d_forward

X = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
W = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(2, 2, 1, 1)
B = np.array([10.0])


def table(a):
    """The one channel of the one image."""
    assert a.ndim == 4
    return a[0, :, :, 0]


def test_valid():
    out, cache = conv2d_forward(X, W, B)
    assert_allclose(table(out), [[47, 57], [77, 87]])
    grad_x, grad_w, grad_b = conv2d_backward(np.ones((1, 2, 2, 1)), cache)
    assert_allclose(table(grad_x), [[1, 3, 2], [4, 10, 6], [3, 7, 4]])
    assert_allclose(grad_w[:, :, 0, 0], [[12, 16], [24, 28]])
    assert_allclose(grad_b, [4])


def test_same():
    out, _cache = conv2d_forward(X, W, B, padding="same")
    assert_allclose(table(out), [[47, 57, 31], [77, 87, 43], [33, 36, 19]])


def test_same_with_a_stride():
    out, cache = conv2d_forward(X, W, B, stride=2, padding="same")
    assert_allclose(table(out), [[47, 31], [33, 19]])
    grad_x, _grad_w, _grad_b = conv2d_backward(np.ones((1, 2, 2, 1)), cache)
    assert_allclose(table(grad_x), [[1, 2, 1], [3, 4, 3], [1, 2, 1]])


def test_pooling():
    x = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 2.0], [5.0, 5.0, 5.0]]).reshape(1, 3, 3, 1)
    out, cache = maxpool2d_forward(x, size=2, stride=1)
    assert_allclose(table(out), [[1, 2], [5, 5]])
    grad_out = np.array([[1.0, 10.0], [100.0, 1000.0]]).reshape(1, 2, 2, 1)
    assert_allclose(table(maxpool2d_backward(grad_out, cache)), [[1, 0, 0], [0, 0, 10], [100, 1000, 0]])
