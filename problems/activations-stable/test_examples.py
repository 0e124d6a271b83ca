"""Visible examples of activations-stable; run them with plain pytest."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from solution import activation_grad, leaky_relu, log_softmax, relu, sigmoid, softmax, tanh

X = np.array([-3.0, -1.0, 0.0, 2.0])


def test_values():
    assert_allclose(sigmoid(X), [0.0474259, 0.2689414, 0.5, 0.8807971], atol=1e-7)
    assert_allclose(tanh(X), [-0.9950548, -0.7615942, 0.0, 0.9640276], atol=1e-7)
    assert_allclose(relu(X), [0, 0, 0, 2])
    assert_allclose(leaky_relu(X), [-0.03, -0.01, 0, 2])
    assert_allclose(leaky_relu(X, 0.5), [-1.5, -0.5, 0, 2])


def test_far_out():
    x = np.array([-np.inf, -1000.0, 1000.0, np.inf])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert_allclose(sigmoid(x), [0, 0, 1, 1], atol=1e-12)
        assert_allclose(tanh(x), [-1, -1, 1, 1], atol=1e-12)
        assert_allclose(relu(x), [0, 0, 1000, np.inf])


def test_softmax():
    logits = np.array([[1.0, 2.0, 3.0], [1001.0, 1002.0, 1003.0]])
    assert_allclose(softmax(logits), [[0.0900306, 0.2447285, 0.6652410]] * 2, atol=1e-7)
    assert_allclose(softmax(logits, axis=0).sum(axis=0), [1, 1, 1])
    assert_allclose(log_softmax(np.array([1000.0, 0.0])), [0, -1000])


def test_slopes():
    assert_allclose(activation_grad("sigmoid", X), [0.0451767, 0.1966119, 0.25, 0.1049936], atol=1e-7)
    assert_allclose(activation_grad("tanh", X), [0.0098660, 0.4199743, 1, 0.0706508], atol=1e-7)
    assert_allclose(activation_grad("relu", X), [0, 0, 0, 1])
    assert_allclose(activation_grad("leaky_relu", X), [0.01, 0.01, 0.01, 1])
    with pytest.raises(ValueError):
        activation_grad("gelu", X)


def test_dtype_and_input():
    x = np.array([-1.0, 2.0], dtype=np.float32)
    assert sigmoid(x).dtype == np.float32
    assert sigmoid(np.array([-1, 2])).dtype == np.float64
    relu(x)
    assert_array_equal(x, [-1, 2])
