# Mistake: the shape of w is unpacked as rows and columns.
# Caught by: TestSoftThreshold::test_shrinkage
# Diagnosis: unpack

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
    out = np.zeros_like(w)
    rows, columns = w.shape
    for i in range(rows):
        for j in range(columns):
            if abs(w[i, j]) > t:
                out[i, j] = w[i, j] - t if w[i, j] > 0 else w[i, j] + t
    return out


def lasso_ista(X, y, lam, steps=2000):
    n, d = X.shape
    step = 1 / np.linalg.eigvalsh(X.T @ X / n)[-1]
    w = np.zeros(d)
    for _ in range(steps):
        slope = X.T @ (X @ w - y) / n  # of the smooth part alone
        u = w - step * slope
        w = np.sign(u) * np.maximum(np.abs(u) - step * lam, 0)
    return w
