"""Binomial draws; FISTA, with a restart where the momentum points uphill."""

import numpy as np


def dropout_forward(x, p_drop, rng, training=True):
    if p_drop < 0 or p_drop >= 1:
        raise ValueError("p_drop")
    keep = 1 - p_drop
    if not training:
        return x.copy(), np.ones(x.shape)
    mask = rng.binomial(1, keep, size=x.shape).astype(np.float64)
    mask /= keep
    return np.einsum("...,...->...", x, mask), mask


def dropout_backward(dout, mask):
    return np.where(mask > 0, dout * np.max(mask, initial=1.0), 0.0)


def l2_penalty(weights, lam):
    return 0.5 * lam * sum(float(np.vdot(W, W)) for W in weights), [np.multiply(W, lam) for W in weights]


def soft_threshold(w, t):
    return w - np.clip(w, -t, t)


def lasso_ista(X, y, lam, steps=2000):
    n = len(y)
    L = np.linalg.norm(X, 2) ** 2 / n
    w = z = np.zeros(X.shape[1])
    t = 1.0
    for _ in range(steps):
        new = soft_threshold(z - X.T @ (X @ z - y) / (n * L), lam / L)
        if (z - new) @ (new - w) > 0:  # uphill: forget the momentum
            t = 1.0
        t_new = (1 + np.sqrt(1 + 4 * t * t)) / 2
        z = new + (t - 1) / t_new * (new - w)
        w, t = new, t_new
    return w
