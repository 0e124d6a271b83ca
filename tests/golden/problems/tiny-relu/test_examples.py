"""The examples of the statement."""

import numpy as np
from numpy.testing import assert_allclose
from solution import relu, relu_grad


def test_forward():
    assert_allclose(relu(np.array([-1.0, 2.0])), [0.0, 2.0])


def test_backward():
    assert_allclose(relu_grad(np.array([-1.0, 2.0]), np.array([3.0, 4.0])), [0.0, 4.0])
