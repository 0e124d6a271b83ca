"""Visible examples of losses-and-likelihoods; run them with plain pytest."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from solution import bce_with_logits, bernoulli_nll, gaussian_nll, mse, softmax_cross_entropy


def test_mse():
    loss, grad = mse(np.array([[1.0, 2.0, 4.0]]), np.array([[1.0, 0.0, 1.0]]))
    assert_allclose(loss, 13 / 3)
    assert_allclose(grad, [[0, 4 / 3, 2]])
    with pytest.raises(ValueError):
        mse(np.zeros((5, 1)), np.zeros(5))


def test_bce():
    loss, grad = bce_with_logits(np.array([2.0, -1.0]), np.array([1, 1]))
    assert_allclose(loss, 0.7200948, atol=1e-7)
    assert_allclose(grad, [-0.0596015, -0.3655293], atol=1e-7)


def test_softmax_cross_entropy():
    logits = np.array([[2.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    y = np.array([0, 2])
    loss, grad = softmax_cross_entropy(logits, y)
    assert_allclose(loss, 0.8606454, atol=1e-7)
    assert_allclose(grad, [[-0.0781026, 0.0570976, 0.0210050], [0.1059708, 0.2880584, -0.3940292]], atol=1e-7)
    assert_allclose(grad.sum(axis=1), 0, atol=1e-12)
    loss, _grad = softmax_cross_entropy(logits, y, label_smoothing=0.3)
    assert_allclose(loss, 1.0606454, atol=1e-7)


def test_far_out():
    assert_allclose(bce_with_logits(np.array([-1000.0]), np.array([1.0]))[0], 1000)
    assert_allclose(softmax_cross_entropy(np.array([[1000.0, 0.0]]), np.array([1]))[0], 1000)


def test_bernoulli():
    assert_allclose(bernoulli_nll(np.array([1, 0]), np.array([0.25, 0.25])), [1.3862944, 0.2876821], atol=1e-7)
    assert_allclose(bernoulli_nll(np.array([1, 0, 1]), np.array([1.0, 0.0, 0.0])), [0, 0, np.inf])


def test_gaussian():
    assert_allclose(gaussian_nll(np.array([1.0, 3.0]), 1.0, 2.0), [1.6120857, 2.1120857], atol=1e-7)
    with pytest.raises(ValueError):
        gaussian_nll(np.array([1.0, 3.0]), 1.0, 0.0)
