# Mistake: L is found by power iteration from the first unit vector, which may stay where it is.
# Caught by: TestLasso::test_alone
# Diagnosis: begins at a unit vector stays there

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
    v = np.eye(d)[0]
    for _ in range(200):
        v = X.T @ (X @ v) / n
        L = np.linalg.norm(v)
        v /= L
    step = 1 / L
    w = np.zeros(d)
    for _ in range(steps):
        slope = X.T @ (X @ w - y) / n  # of the smooth part alone
        w = soft_threshold(w - step * slope, step * lam)
    return w
