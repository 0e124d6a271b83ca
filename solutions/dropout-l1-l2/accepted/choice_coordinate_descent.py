"""The mask from `rng.choice`; the lasso by coordinate descent, which stops when a sweep moves nothing."""

import numpy as np


def dropout_forward(x, p_drop, rng, training=True):
    if not (p_drop >= 0.0 and p_drop < 1.0):
        raise ValueError("the probability must be in [0, 1)")
    if training and p_drop > 0:
        mask = rng.choice([0.0, 1.0 / (1.0 - p_drop)], size=x.shape, p=[p_drop, 1.0 - p_drop])
    else:
        mask = np.full(x.shape, 1.0)
    return x * mask, mask


def dropout_backward(dout, mask):
    dx = np.zeros(dout.shape)
    alive = mask != 0
    dx[alive] = dout[alive] * mask[alive]
    return dx


def l2_penalty(weights, lam):
    flat = np.concatenate([W.reshape(-1) for W in weights])
    cuts = np.cumsum([W.size for W in weights])[:-1]
    return lam * flat @ flat / 2, [part.reshape(W.shape) for part, W in zip(np.split(lam * flat, cuts), weights)]


def soft_threshold(w, t):
    return np.where(w > t, w - t, np.where(w < -t, w + t, 0.0))


def lasso_ista(X, y, lam, steps=2000):
    n, d = X.shape
    gram, b = (X.T @ X / n).tolist(), (X.T @ y / n).tolist()
    w = [0.0] * d
    for _ in range(steps):
        largest = 0.0
        for j in range(d):
            rho = b[j] - sum(g * v for g, v in zip(gram[j], w)) + gram[j][j] * w[j]
            new = max(abs(rho) - lam, 0.0) / gram[j][j]
            new = new if rho > 0 else -new
            largest = max(largest, abs(new - w[j]))
            w[j] = new
        if largest < 1e-13:
            break
    return np.array(w)
