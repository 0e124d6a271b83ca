"""The examples of the statement: run them with `pytest`, or in your IDE's debugger."""

import numpy as np
from numpy.testing import assert_allclose
from solution import check_gradients, first_wrong, numerical_grad, relative_error


def f(x):
    return float(x[0] ** 3 + 2 * x[0] * x[1])


def loss(p):
    return float(np.sum(p["w"] ** 2) + 3.0 * p["b"])


PARAMS = {"w": np.array([1.0, 2.0]), "b": np.array(0.5)}


def test_central_difference():
    assert_allclose(numerical_grad(f, np.array([1.0, 2.0]), h=0.1), [7.01, 2.0])
    assert_allclose(numerical_grad(f, np.array([1.0, 2.0])), [7.0, 2.0], rtol=1e-8)


def test_relative_error():
    assert_allclose(relative_error(np.array([1.0, 0.0, 2.0]), np.array([1.0, 0.0, 3.0])), 0.2)


def test_right_gradients():
    grads = {"w": np.array([2.0, 4.0]), "b": np.array(3.0)}
    assert all(entry["ok"] for entry in check_gradients(loss, PARAMS, grads).values())
    assert first_wrong(loss, PARAMS, grads) is None


def test_a_wrong_gradient():
    grads = {"w": np.array([2.0, 4.5]), "b": np.array(3.0)}
    report = check_gradients(loss, PARAMS, grads)
    assert not report["w"]["ok"]
    assert report["b"]["ok"]
    assert_allclose(report["w"]["max_rel_error"], 0.5 / 8.5, rtol=1e-6)
    assert report["w"]["worst_index"] == (1,)
    assert report["b"]["worst_index"] == ()
    assert first_wrong(loss, PARAMS, grads) == "w"
