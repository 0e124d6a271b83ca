"""One number at a time with the math module; rows are loops."""

import math

import numpy as np


def _softplus(t):
    return t + math.log1p(math.exp(-t)) if t > 0 else math.log1p(math.exp(t))


def _sigmoid(t):
    if t >= 0:
        return 1 / (1 + math.exp(-t))
    e = math.exp(t)
    return e / (1 + e)


def mse(pred, target):
    if np.shape(pred) != np.shape(target):
        raise ValueError("shapes differ")
    total, grad = 0.0, np.zeros(pred.shape)
    for index in np.ndindex(pred.shape):
        error = float(pred[index]) - float(target[index])
        total += error * error / pred.size
        grad[index] = 2 * error / pred.size
    return total, grad


def bce_with_logits(z, y):
    if z.shape != y.shape:
        raise ValueError("shapes differ")
    if y.min() < 0 or y.max() > 1:
        raise ValueError("labels outside of [0, 1]")
    terms, grad = [], []
    for logit, label in zip(z.tolist(), y.tolist(), strict=True):
        terms.append(_softplus(logit) - label * logit)
        grad.append((_sigmoid(logit) - label) / len(z))
    return math.fsum(terms) / len(z), np.array(grad)


def softmax_cross_entropy(logits, y, label_smoothing=0.0):
    n, k = logits.shape
    if y.ndim != 1 or len(y) != n or not np.issubdtype(y.dtype, np.integer):
        raise ValueError("labels must be n integers")
    loss, grad = 0.0, np.zeros((n, k))
    for i in range(n):
        label = int(y[i])
        if not 0 <= label < k:
            raise ValueError(f"label {label}")
        row = [float(v) for v in logits[i]]
        top = max(row)
        log_sum = top + math.log(math.fsum(math.exp(v - top) for v in row))
        for j in range(k):
            q = label_smoothing / k + (1 - label_smoothing if j == label else 0)
            loss += q * (log_sum - row[j]) / n
            grad[i, j] = (math.exp(row[j] - log_sum) - q) / n
    return loss, grad


def bernoulli_nll(y, p):
    out = np.empty(p.shape)
    for index in np.ndindex(p.shape):
        chance = float(p[index])
        if y[index] == 1:
            out[index] = -math.log(chance) if chance > 0 else math.inf
        else:
            out[index] = -math.log1p(-chance) if chance < 1 else math.inf
    return out


def gaussian_nll(x, mu, sigma):
    mus = np.broadcast_to(mu, x.shape)
    sigmas = np.broadcast_to(sigma, x.shape)
    out = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        s = float(sigmas[index])
        if s <= 0:
            raise ValueError("sigma must be positive")
        t = (float(x[index]) - float(mus[index])) / s
        out[index] = t * t / 2 + math.log(s) + math.log(math.tau) / 2
    return out
