"""Geometric gaps between dropped units; the lasso by projected gradients, with w = u - v, u >= 0 and v >= 0."""

import math

import numpy as np


def dropout_forward(x, p_drop, rng, training=True):
    if not math.isfinite(p_drop) or not (0 <= p_drop < 1):
        raise ValueError
    mask = np.ones(x.size)
    if training and p_drop > 0:
        mask /= 1 - p_drop
        dropped = -1
        while True:
            gaps = rng.geometric(p_drop, size=max(16, int(1.1 * p_drop * x.size)))
            places = dropped + np.cumsum(gaps)
            mask[places[places < x.size]] = 0.0
            dropped = places[-1]
            if dropped >= x.size:
                break
    mask = mask.reshape(x.shape)
    return x * mask, mask


def dropout_backward(dout, mask):
    return np.einsum("...,...->...", dout, mask)


def l2_penalty(weights, lam):
    grads = [lam * W for W in weights]
    return sum(np.tensordot(W, g, W.ndim).item() for W, g in zip(weights, grads)) / 2, grads


def soft_threshold(w, t):
    return np.maximum(w - t, 0.0) + np.minimum(w + t, 0.0)


def lasso_ista(X, y, lam, steps=2000):
    n, d = X.shape
    gram, target = X.T @ X / n, X.T @ y / n
    v = np.random.default_rng(0).normal(size=d)  # the largest eigenvalue by power iteration
    for _ in range(200):
        v = gram @ v
        v /= math.sqrt(v @ v)
    step = 1 / (2.1 * (v @ gram @ v))
    plus, minus = np.zeros(d), np.zeros(d)
    for _ in range(steps):
        slope = gram @ (plus - minus) - target
        plus = np.maximum(plus - step * (slope + lam), 0.0)
        minus = np.maximum(minus - step * (lam - slope), 0.0)
        both = np.minimum(plus, minus)  # what both have costs and changes nothing
        plus, minus = plus - both, minus - both
    return plus - minus
