"""Gradients by the chain rule through the full Jacobian of the log-softmax; a batch as one product of tensors."""

import numpy as np


def _check(condition, text):
    if not condition:
        raise ValueError(text)


def mse(pred, target):
    _check(pred.shape == target.shape, "shapes differ")
    loss = np.square(np.subtract(pred, target)).mean()
    return np.asarray(loss), np.subtract(pred, target) / (pred.size / 2)


def _log_sigmoid(z):
    out = np.empty_like(z)
    right = z >= 0
    out[right] = -np.log1p(np.exp(-z[right]))
    out[~right] = z[~right] - np.log1p(np.exp(z[~right]))
    return out


def bce_with_logits(z, y):
    _check(z.shape == y.shape, "shapes differ")
    _check(np.clip(y, 0, 1).tolist() == y.tolist(), "labels must lie in [0, 1]")
    n = z.shape[0]
    log_p, log_q = _log_sigmoid(z), _log_sigmoid(-z)
    loss = -np.dot(y, log_p) / n - np.dot(1 - y, log_q) / n
    # d log p / dz = 1 - p, d log(1 - p) / dz = -p
    return float(loss), -(y * np.exp(log_q) - (1 - y) * np.exp(log_p)) / n


def softmax_cross_entropy(logits, y, label_smoothing=0.0):
    n, k = logits.shape
    _check(y.shape == (n,) and np.issubdtype(y.dtype, np.integer), "labels must be n integers")
    _check(set(y.tolist()) <= set(range(k)), "no such class")
    target = np.full((n, k), label_smoothing / k)
    np.add.at(target, (np.arange(n), y), 1 - label_smoothing)
    differences = logits[:, None, :] - logits[:, :, None]  # [i, a, b] = z_b - z_a
    top = differences.max(axis=2, keepdims=True)
    log_p = -(top[..., 0] + np.log(np.exp(differences - top).sum(axis=2)))  # (n, k)
    jacobian = np.eye(k) - np.exp(log_p)[:, None, :]  # d log p_a / d z_b
    return -np.einsum("nk,nk->", target, log_p) / n, -np.einsum("na,nab->nb", target, jacobian) / n


def bernoulli_nll(y, p):
    tail = np.where(y == 0, p, 1 - p)  # probability of the other outcome
    with np.errstate(divide="ignore"):
        return np.where(y == 0, -np.log1p(-tail), -np.log(p))


def gaussian_nll(x, mu, sigma):
    _check(np.all(np.asarray(sigma) > 0), "sigma must be positive")
    precision = 1 / np.asarray(sigma)
    return 0.5 * np.log(2 * np.pi) - np.log(precision) + 0.5 * np.square((x - mu) * precision)
