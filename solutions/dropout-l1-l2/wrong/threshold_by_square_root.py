# Mistake: |w| is the root of w**2, which overflows.
# Caught by: TestSoftThreshold::test_no_threshold
# Diagnosis: the square of a huge entry overflows

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
    return np.sign(w) * np.maximum(np.sqrt(w**2) - t, 0)


def lasso_ista(X, y, lam, steps=2000):
    n, d = X.shape
    step = 1 / np.linalg.eigvalsh(X.T @ X / n)[-1]
    w = np.zeros(d)
    for _ in range(steps):
        slope = X.T @ (X @ w - y) / n  # of the smooth part alone
        w = soft_threshold(w - step * slope, step * lam)
    return w
