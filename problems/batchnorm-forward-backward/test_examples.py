"""Visible examples of batchnorm-forward-backward: the numbers of the statement."""

import numpy as np
from numpy.testing import assert_allclose
from solution import bn_backward, bn_forward, ln_forward

X = np.array([[1.0, 0.0], [2.0, 2.0], [3.0, 0.0], [6.0, 6.0]])
GAMMA = np.array([1.0, 2.0])
BETA = np.array([0.0, 5.0])
GRAD_OUT = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 2.0]])


def fresh_running():
    return {"mean": np.zeros(2), "var": np.ones(2)}


def test_training_uses_the_batch():
    out, _cache, _new_running = bn_forward(X, GAMMA, BETA, fresh_running())
    expected = [[-1.068892, 3.367143], [-0.534446, 5.0], [0.0, 3.367143], [1.603338, 8.265714]]
    assert_allclose(out, expected, atol=1e-6)


def test_running_statistics_move_a_little():
    _out, _cache, new_running = bn_forward(X, GAMMA, BETA, fresh_running())
    assert_allclose(new_running["mean"], [0.03, 0.02])
    assert_allclose(new_running["var"], [1.025, 1.05])


def test_inference_uses_the_running_statistics():
    running = {"mean": np.array([1.0, 2.0]), "var": np.array([4.0, 9.0])}
    out, _cache, new_running = bn_forward(X[3:], GAMMA, BETA, running, training=False)
    assert_allclose(out, [[2.499688, 7.666519]], atol=1e-6)
    assert_allclose(new_running["mean"], [1.0, 2.0])
    assert_allclose(new_running["var"], [4.0, 9.0])


def test_backward():
    _out, cache, _new_running = bn_forward(X, GAMMA, BETA, fresh_running())
    grad_x, grad_gamma, grad_beta = bn_backward(GRAD_OUT, cache)
    expected = [[0.248179, -0.068126], [-0.209939, 0.204107], [-0.133612, -0.068126], [0.095371, -0.067854]]
    assert_allclose(grad_x, expected, atol=1e-6)
    assert_allclose(grad_gamma, [-1.068892, 3.265714], atol=1e-6)
    assert_allclose(grad_beta, [1.0, 3.0])


def test_layer_norm_looks_at_one_row():
    out = ln_forward(np.array([1.0, 3.0, 5.0, 7.0]), np.ones(4), np.zeros(4))
    assert_allclose(out, [-1.341639, -0.447213, 0.447213, 1.341639], atol=1e-6)
