"""Draws from a spawned generator, in float32; the lasso by ADMM, whose second copy of w has the exact zeros."""

import numpy as np


def dropout_forward(x, p_drop, rng, training=True):
    if not 0.0 <= p_drop < 1.0:
        raise ValueError(f"{p_drop} is no probability below 1")
    if not training or p_drop == 0:
        return x, np.ones_like(x)
    draws = rng.spawn(1)[0].random(x.size, dtype=np.float32).reshape(x.shape)
    mask = np.divide(draws > p_drop, 1.0 - p_drop)
    return np.multiply(x, mask), mask


def dropout_backward(dout, mask):
    return np.multiply(mask, dout)


def l2_penalty(weights, lam):
    return np.float64(lam) / 2 * np.sum([np.linalg.norm(W.ravel()) ** 2 for W in weights]), [W * lam for W in weights]


def soft_threshold(w, t):
    size = np.abs(w)
    return w * np.maximum(0.0, 1.0 - t / np.where(size > 0, size, 1.0))


def lasso_ista(X, y, lam, steps=2000):
    n, d = X.shape
    gram = X.T @ X / n
    rho = 0.3 * np.mean(np.diag(gram))
    inverse = np.linalg.inv(gram + rho * np.eye(d))
    target = X.T @ y / n
    z, u = np.zeros(d), np.zeros(d)
    for _ in range(steps):
        w = inverse @ (target + rho * (z - u))
        z = soft_threshold(w + u, lam / rho)
        u += w - z
    return z
