"""The examples of the statement: run them with `pytest`, or in your IDE's debugger."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from solution import Network, xor_network

X, Y = np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([[1.0], [1.0]])


def small_network():
    net = Network([2, 1, 1], np.random.default_rng(0))
    net.weights = [np.array([[1.0], [-2.0]]), np.array([[3.0]])]
    net.biases = [np.array([1.0]), np.array([-1.0])]
    return net


def test_two_inputs_give_two_outputs():
    net = Network([3, 5, 2], np.random.default_rng(0))
    outputs = net.forward(np.array([[0.0, 1.0, 2.0], [2.0, -1.0, 0.0]]))
    assert outputs.shape == (2, 2)
    assert not np.allclose(outputs[0], outputs[1])


def test_forward():
    assert_allclose(small_network().forward(X), [[0.622459], [0.767309]], rtol=1e-5)


def test_gradients():
    (dw1, db1), (dw2, db2) = small_network().gradients(X, Y)
    assert_allclose(dw1, [[-0.141578], [-0.141578]], rtol=1e-5)
    assert_allclose(db1, [-0.210203], rtol=1e-5)
    assert_allclose(dw2, [[-0.179441]], rtol=1e-5)
    assert_allclose(db2, [-0.305116], rtol=1e-5)


def test_training_lowers_the_loss():
    net = small_network()
    losses = net.train(X, Y, 5, 0.1)
    assert_allclose(losses[0], 0.369472, rtol=1e-5)
    assert losses[-1] < losses[0]


def test_xor():
    net = xor_network(np.random.default_rng(1))
    points = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    assert_array_equal(net.predict(points), [[0], [1], [1], [0]])
