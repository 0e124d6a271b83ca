"""One entry after another; steps of 1 / trace, which is at most 1 / L, with numbers of the Gram matrix."""

import numpy as np


def dropout_forward(x, p_drop, rng, training=True):
    if p_drop != p_drop or p_drop < 0 or p_drop >= 1:
        raise ValueError(p_drop)
    out, mask = x.copy(), np.ones(x.shape)
    if training:
        for index in np.ndindex(x.shape):
            mask[index] = 0.0 if rng.random() < p_drop else 1 / (1 - p_drop)
            out[index] *= mask[index]
    return out, mask


def dropout_backward(dout, mask):
    dx = dout.copy()
    for index in np.ndindex(dout.shape):
        dx[index] *= mask[index]
    return dx


def l2_penalty(weights, lam):
    total, grads = 0.0, []
    for W in weights:
        for number in W.ravel().tolist():
            total += number * number
        grads.append(W * lam)
    return total * lam / 2, tuple(grads)


def soft_threshold(w, t):
    result = [0.0 if abs(v) <= t else v - t if v > 0 else v + t for v in w.ravel().tolist()]
    return np.array(result).reshape(w.shape)


def lasso_ista(X, y, lam, steps=2000):
    n, d = X.shape
    gram, target = X.T @ X / n, X.T @ y / n
    step = 1 / np.trace(gram)
    w = np.zeros(d)
    for _ in range(steps):
        w = soft_threshold(w - step * (gram @ w - target), step * lam)
    return w
