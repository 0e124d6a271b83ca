"""The examples of the statement: run them with `pytest`, or in your IDE's debugger."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from solution import attention, attention_macs, causal_mask, multi_head_attention

Q = np.array([[2.0, 0.0], [0.0, 0.0]])
K = np.array([[1.0, 1.0], [0.0, 1.0], [-1.0, 0.0]])
V = np.array([[10.0, 0.0, 0.0], [0.0, 20.0, 0.0], [0.0, 0.0, 30.0]])
X = np.array([[[1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 0.0, -1.0]]])
P = {name: np.eye(4) for name in ("Wq", "Wk", "Wv", "Wo")}


def test_attention():
    out, weights = attention(Q, K, V)
    assert_allclose(weights, [[0.767918, 0.186694, 0.045388], [1 / 3, 1 / 3, 1 / 3]], atol=1e-6)
    assert_allclose(out, [[7.679179, 3.733874, 1.361651], [10 / 3, 20 / 3, 10]], atol=1e-6)


def test_mask():
    mask = np.array([[True, True, False], [False, False, False]])
    out, weights = attention(Q, K, V, mask)
    assert_allclose(weights, [[0.804430, 0.195570, 0], [0, 0, 0]], atol=1e-6)
    assert_allclose(out, [[8.044297, 3.911406, 0], [0, 0, 0]], atol=1e-6)


def test_causal_mask():
    assert_array_equal(causal_mask(3), [[True, False, False], [True, True, False], [True, True, True]])


def test_two_heads():
    out = multi_head_attention(X, P, 2)
    assert_allclose(out[0, 0], [0.892958, 1.892958, 3.0, 4.0], atol=1e-5)
    assert_allclose(out[0, 1], [0.669762, 1.669762, 0.084954, -0.858410], atol=1e-6)


def test_cost():
    assert attention_macs(128, 64, 4) == (2097152, 2097152)
