"""Visible examples of fix-vanishing-gradients: the numbers of the statement."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from solution import build_network, delta_norms, diagnose, init_weights, train


def layer(weights, activation):
    weights = np.array(weights)
    bias = np.zeros(weights.shape[1])
    return {"weights": weights, "bias": bias, "activation": activation, "norm": "none", "skip": 0}


def stack(depth, activation, deviation):
    """A network of 32 units per layer, four inputs and three classes."""
    rng = np.random.default_rng(0)
    sizes = [4, *[32] * depth, 3]
    net = [
        layer(rng.normal(0.0, deviation, (sizes[i], sizes[i + 1])), activation if i < depth else "linear")
        for i in range(depth + 1)
    ]
    return net, rng.normal(size=(20, 4)), rng.integers(0, 3, size=20)


def test_init_weights():
    weights = init_weights((200, 300), "he", np.random.default_rng(0))
    assert weights.shape == (200, 300)
    assert_allclose(weights.var(), 2 / 200, rtol=0.05)
    kernel = init_weights((3, 3, 40, 60), "lecun", np.random.default_rng(0))
    assert_allclose(kernel.var(), 1 / (3 * 3 * 40), rtol=0.05)
    with pytest.raises(ValueError):
        init_weights((4, 3), "unknown", np.random.default_rng(0))


def test_delta_norms():
    net = [layer([[1.0]], "sigmoid") for _ in range(3)] + [layer([[2.0, -2.0]], "linear")]
    norms = delta_norms(net, np.array([[0.0]]), np.array([1]))
    assert_allclose(norms, [0.04972648, 0.19890593, 0.84639484, 1.31671982], rtol=1e-6)


def test_diagnose():
    assert diagnose(*stack(20, "sigmoid", 0.1)) == "vanishing"
    assert diagnose(*stack(20, "tanh", np.sqrt(1 / 32))) == "healthy"
    assert diagnose(*stack(20, "relu", 1.0)) == "exploding"


def test_build_network():
    net = build_network(6, 3, depth=5, width=8, rng=np.random.default_rng(0))
    assert [part["weights"].shape for part in net] == [(6, 8), (8, 8), (8, 8), (8, 8), (8, 8), (8, 3)]
    assert net[-1]["activation"] == "linear"


def test_train():
    net, X, y = stack(2, "tanh", np.sqrt(1 / 32))
    result = train(net, X, y, 10)
    assert len(result["loss"]) == 10
    assert 0.0 <= result["accuracy"] <= 1.0
    assert len(result["net"]) == 3
