# Mistake: X is divided by the root of n in place.
# Caught by: TestLasso::test_arguments
# Diagnosis: changed its argument `X`

import numpy as np


def dropout_forward(x, p_drop, rng, training=True):
    if not 0 <= p_drop < 1:
        raise ValueError(f"p_drop must lie in [0, 1), not {p_drop}")
    if not training:
        return x, np.ones_like(x)
    mask = (rng.random(x.shape) >= p_drop) / (1 - p_drop)
    return x * mask, mask


def dropout_backward(dout, mask):
    return dout * mask


def l2_penalty(weights, lam):
    return lam / 2 * sum(np.sum(W**2) for W in weights), [lam * W for W in weights]


def soft_threshold(w, t):
    return np.sign(w) * np.maximum(np.abs(w) - t, 0)


def lasso_ista(X, y, lam, steps=2000):
    n, d = X.shape
    X /= np.sqrt(n)
    y = y / np.sqrt(n)
    step = 1 / np.linalg.norm(X, 2) ** 2
    w = np.zeros(d)
    for _ in range(steps):
        w = soft_threshold(w - step * (X.T @ (X @ w - y)), step * lam)
    return w
